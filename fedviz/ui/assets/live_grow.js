// Charts that grow without a redraw: lines get longer and bars are added on axes that stay, put into Plotly's own elements as Plotly would
// draw them. A redraw takes a hundred times as long and would be felt by a training on the same machine. What Plotly knows for hovering
// is brought up to date when a pointer comes (see Card). Both functions change nothing and give false where a redraw is needed.

function growLines(plot, data) {
  const { xaxis, yaxis } = plot._fullLayout;
  const groups = plot.querySelectorAll(".scatterlayer > .trace");
  if (groups.length !== data.length) return false;
  if (data.some(({ mode, y }, i) => y.includes(null) || !groups[i].querySelector(".js-line") || (mode.includes("markers") && !groups[i].querySelector(".point")))) return false;
  data.forEach(({ x, y }, i) => {
    const places = x.map((value, at) => [xaxis.d2p(value).toFixed(2), yaxis.d2p(y[at]).toFixed(2)]);
    groups[i].querySelector(".js-line").setAttribute("d", `M${places.map((place) => place.join(",")).join("L")}`);
    const points = groups[i].querySelectorAll(".point");
    const last = points[points.length - 1];
    for (const [left, top] of last ? places.slice(points.length) : []) {
      const point = last.cloneNode();
      point.setAttribute("transform", `translate(${left},${top})`);
      last.parentNode.append(point);
    }
  });
  return true;
}

// Level bars. A trace only gets more of them; where its `meta.grows` is set, all but the first may change, and the first one is out of sight.
function growBars(plot, data) {
  const { xaxis, yaxis } = plot._fullLayout;
  const groups = new Map([...plot.querySelectorAll(".barlayer > .trace")].map((group) => [group.__data__[0].trace.index, group]));
  const traces = data.map((trace, i) => {
    const points = [...(groups.get(i)?.querySelectorAll(".point") ?? [])];
    return { ...trace, points, from: trace.meta?.grows ? 1 : points.length };
  }).filter(({ x }) => x[0] !== null); // an entry of the legend
  if (traces.some(({ x, points, from, marker }) => x.length > from && (!points.length || marker.pattern.shape))) return false;
  for (const { x, y, base, width, marker, points, from } of traces) {
    for (let at = from; at < x.length; at++) {
      if (at === points.length) points.push(points[0].parentNode.appendChild(points[0].cloneNode(true)));
      const [left, right] = [base[at], base[at] + x[at]].map((value) => xaxis.d2p(value).toFixed(2));
      const [top, bottom] = [y[at] - width / 2, y[at] + width / 2].map((value) => yaxis.d2p(value).toFixed(2));
      const path = points[at].querySelector("path");
      path.setAttribute("d", `M${left},${top}V${bottom}H${right}V${top}Z`);
      path.style.fill = marker.color[at];
    }
    for (const point of points.slice(x.length)) point.remove();
  }
  return true;
}
