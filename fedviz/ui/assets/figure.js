// A chart that is brought up to date in place. Python sends plain data with colour tokens ("@accent"); colours come from the page's theme.
export default function ({ data, parentElement }) {
  const root = parentElement;
  const chart = (root.fedvizFigure ??= build(root));
  chart.data = data;
  chart.frame.ariaLabel = data.about;
  plotly(data.plotly).then(() => draw(root, chart), () => { chart.note.textContent = data.trouble; });
  return () => {
    chart.sized.disconnect();
    window.removeEventListener("fedviz-graph", chart.pointed);
    if (window.Plotly) window.Plotly.purge(chart.plot);
    delete root.fedvizFigure;
  };
}

let library;

function plotly(url) {
  return (library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve();
    const script = document.createElement("script");
    script.src = url;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      library = undefined;
      script.remove();
      reject(new Error("plotly.js"));
    });
    document.head.append(script);
  }));
}

function build(root) {
  const frame = document.createElement("div");
  frame.role = "img";
  const plot = document.createElement("div");
  const note = document.createElement("p");
  note.style.margin = "0";
  frame.append(plot);
  root.append(frame, note);
  const chart = { frame, plot, note };
  let width = 0;
  chart.sized = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width && chart.data) {
      width = now;
      plotly(chart.data.plotly).then(() => draw(root, chart), () => {});
    }
  });
  chart.sized.observe(frame);
  return chart;
}

function draw(root, chart) {
  const width = chart.frame.clientWidth;
  if (!width || root.fedvizFigure !== chart) return;
  const style = getComputedStyle(root.host ?? root);
  const dark = isDark(root.host ?? root);
  const names = { ...chart.data.colours[dark ? "dark" : "light"], font: style.getPropertyValue("--st-font") || "sans-serif" };
  const spec = paint(chart.data.spec, names);
  for (const [path, value] of spec.layout.meta?.[width < NARROW ? "narrow" : "wide"] ?? []) put(spec.layout, path, value);
  // Words that stand in the plot are cut to what fits; the whole of them is in the bar's hover text and in the table.
  const fits = Math.floor(width / 6.7);
  for (const words of spec.layout.annotations ?? []) {
    if (words.xref === "paper" && words.text.length > fits) words.text = words.text.slice(0, fits - 1) + "\u2026";
  }
  chart.plot.style.minHeight = spec.layout.height + "px";
  window.Plotly.react(chart.plot, spec.data, { ...spec.layout, width }, { displayModeBar: false, responsive: false, doubleClick: "reset" });
  if (spec.layout.meta?.graph) link(chart, spec.layout.meta.graph);
  chart.plot.dataset.drawn = chart.data.version;
}

// Bars that belong to edges of a graph on the page: pointing at one lights up the other, a click asks for the edge's sources.
function link(chart, graph) {
  if (chart.pointed) return;
  const tell = (detail) => window.dispatchEvent(new CustomEvent("fedviz-chart", { detail: { graph, ...detail } }));
  const edgesOf = (event) => event.points[0]?.customdata ?? [];
  chart.plot.on("plotly_hover", (event) => tell({ edges: edgesOf(event) }));
  chart.plot.on("plotly_unhover", () => tell({ edges: [] }));
  chart.plot.on("plotly_click", (event) => edgesOf(event).length && tell({ edges: edgesOf(event), open: true }));
  chart.pointed = ({ detail }) => {
    if (detail.graph !== graph) return;
    const found = [];
    chart.plot.data.forEach((trace, curveNumber) => (trace.customdata ?? []).forEach((edges, pointNumber) => {
      if (edges?.[0] === detail.edge) found.push({ curveNumber, pointNumber });
    }));
    chart.plot.dataset.pointed = found.length ? detail.edge : "";
    if (found.length) window.Plotly.Fx.hover(chart.plot, found);
    else window.Plotly.Fx.unhover(chart.plot);
  };
  window.addEventListener("fedviz-graph", chart.pointed);
}

function paint(value, names) {
  if (typeof value === "string") return value[0] === "@" ? names[value.slice(1)] ?? value : value;
  if (Array.isArray(value)) return value.map((item) => paint(item, names));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, paint(item, names)]));
  return value;
}
