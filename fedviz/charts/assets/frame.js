// Runs inside the sandboxed frame, after pyvis' drawing script (whose globals are `network`, `nodes`, `edges`).
// Draws what the page posts, and posts back what is clicked. Data becomes canvas text or textContent, never markup.
(() => {
  "use strict";
  const host = window.parent;
  const box = document.getElementById("mynetwork");
  const tip = document.getElementById("tip");
  const SHAPES = ["dot", "square", "diamond", "triangle"];
  let look = null;
  let drawn = new Map();
  let focused = null;
  let fitted = false;
  let engaged = false;
  let landmarks = new Set();
  let landmarkFont = 14;
  let swell = 1;

  const post = (message) => host.postMessage(message, "*");
  const shapeOf = (kind) => (kind < 0 ? "dot" : SHAPES[(kind + Math.floor(kind / look.kinds.length)) % SHAPES.length]);
  const colourOf = (kind) => (kind < 0 ? look.muted : look.kinds[kind % look.kinds.length]);

  function nodeStyle(node) {
    const colour = colourOf(node.kind);
    const border = node.seed ? look.text : colour;
    return {
      id: node.id, x: node.x, y: node.y, size: node.size * swell, shape: shapeOf(node.kind), label: node.label || " ",
      borderWidth: node.seed ? 3 : 1, borderWidthSelected: 4,
      color: { background: colour, border, highlight: { background: colour, border: look.text }, hover: { background: colour, border: look.text } },
      font: { color: look.text, size: landmarks.has(node.id) ? landmarkFont : 12, face: look.font, strokeWidth: 4, strokeColor: look.background },
    };
  }

  // At the first sight of a large graph only its landmarks have readable names; the other names grow as one zooms in.
  function nameLandmarks(items) {
    const few = items.length <= 60;
    const ranked = few ? items : [...items].sort((a, b) => b.seed - a.seed || b.size - a.size).slice(0, 24);
    landmarks = new Set(ranked.map((item) => item.id));
    landmarkFont = Math.min(Math.max(12, (box.clientWidth < 480 ? 10 : 12.5) / network.getScale()), few ? 26 : 200);
    swell = Math.min(Math.max(1, 0.5 / network.getScale()), 4);
    nodes.update(items.map(nodeStyle));
  }

  function edgeStyle(edge) {
    const known = typeof edge.influence === "number" && !edge.off;
    const strength = known ? Math.abs(edge.influence) : 0;
    const owned = typeof edge.party === "number";
    const colour = owned ? look.parties[edge.party % look.parties.length]
      : strength < 0.01 ? look.line : edge.influence > 0 ? look.positive : look.negative;
    return {
      id: edge.id, from: edge.from, to: edge.to, label: edge.label || "", width: owned ? 5 : strength < 0.01 ? (edge.added ? 2 : 1) : 1.5 + 5.5 * strength,
      smooth: edge.bend ? { enabled: true, type: edge.bend > 0 ? "curvedCW" : "curvedCCW", roundness: Math.abs(edge.bend) } : edge.far ? { enabled: true, type: "curvedCW", roundness: 0.28 } : false,
      dashes: edge.off ? [2, 6] : edge.added ? [10, 4] : false,
      color: { color: colour, highlight: colour, hover: colour, opacity: edge.off ? 0.5 : 1 },
      font: { color: look.text, size: 13, face: look.font, strokeWidth: 4, strokeColor: look.background, align: "horizontal" },
    };
  }

  // Only what changed is handed to the network: recolouring a few edges is one repaint, not a new graph.
  function merge(set, items, style, everything) {
    const wanted = new Map(items.map((item) => [item.id, item]));
    const gone = set.getIds().filter((id) => !wanted.has(id));
    if (gone.length) set.remove(gone);
    const changed = items.filter((item) => {
      const mark = JSON.stringify(item);
      const same = drawn.get(item.id) === mark;
      drawn.set(item.id, mark);
      return everything || !same;
    });
    if (changed.length) set.update(changed.map(style));
    gone.forEach((id) => drawn.delete(id));
    return wanted;
  }

  let nodesById = new Map();
  let edgesById = new Map();
  function show(view) {
    const everything = JSON.stringify(look) !== JSON.stringify(view.look);
    look = view.look;
    document.body.style.background = look.background;
    tip.style.background = look.background;
    tip.style.color = look.text;
    tip.style.borderColor = look.line;
    edgesById = new Map(view.edges.map((edge) => [edge.id, edge]));
    const orphans = edges.getIds().filter((id) => !edgesById.has(id));
    if (orphans.length) edges.remove(orphans);
    const before = nodes.length;
    nodesById = merge(nodes, view.nodes, nodeStyle, everything);
    merge(edges, view.edges, edgeStyle, everything);
    box.style.visibility = "visible";
    const chosen = view.selected && nodesById.has(view.selected) ? [view.selected] : [];
    network.selectNodes(chosen, chosen.length > 0);
    const grown = nodes.length !== before;
    if (!fitted || (grown && !chosen.length)) {
      fit(false);
      nameLandmarks(view.nodes);
    } else if (grown) nameLandmarks(view.nodes);
    fitted = true;
    if (chosen.length && chosen[0] !== focused) {
      network.focus(chosen[0], { scale: Math.max(network.getScale(), 0.9), animation: look.still ? false : { duration: 300 } });
    }
    focused = chosen[0] || null;
    network.once("afterDrawing", () => post({ fedviz: "painted", nodes: nodes.length, version: view.version }));
    network.redraw();
  }

  function fit(moving) {
    network.fit({ animation: moving && !look.still ? { duration: 300 } : false, maxZoomLevel: 1.6 });
  }

  function zoom(factor) {
    network.moveTo({ scale: Math.min(Math.max(network.getScale() * factor, 0.05), 5), animation: look.still ? false : { duration: 150 } });
  }

  function hint(words, pointer) {
    if (!words) {
      tip.style.display = "none";
      return;
    }
    tip.textContent = words;
    tip.style.display = "block";
    const place = pointer || { x: 0, y: 0 };
    tip.style.left = Math.max(4, Math.min(place.x + 12, box.clientWidth - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.max(4, Math.min(place.y + 12, box.clientHeight - tip.offsetHeight - 4)) + "px";
  }

  // Edges that something else on the page points at; a repaint of theirs, and nothing moves.
  let glowing = [];
  function glow(ids) {
    const wanted = ids.filter((id) => edgesById.has(id));
    const back = glowing.filter((id) => edgesById.has(id) && !wanted.includes(id)).map((id) => ({ ...edgeStyle(edgesById.get(id)), shadow: false }));
    const lit = wanted.map((id) => {
      const style = edgeStyle(edgesById.get(id));
      return { ...style, width: style.width + 4, shadow: { enabled: true, color: look.accent || look.text, size: 22, x: 0, y: 0 } };
    });
    glowing = wanted;
    if (back.length || lit.length) edges.update([...back, ...lit]);
    post({ fedviz: "glowing", edges: wanted });
  }

  network.on("click", (at) => {
    hint("");
    if (at.nodes.length) {
      focused = at.nodes[0];
      post({ fedviz: "select", node: at.nodes[0] });
    } else if (at.edges.length) post({ fedviz: "edge", edge: at.edges[0] });
  });
  network.on("doubleClick", (at) => at.nodes.length && post({ fedviz: "expand", node: at.nodes[0] }));
  network.on("hoverNode", (at) => hint(nodesById.get(at.node)?.tip, at.pointer?.DOM));
  network.on("hoverEdge", (at) => {
    hint(edgesById.get(at.edge)?.tip, at.pointer?.DOM);
    post({ fedviz: "hover", edge: at.edge });
  });
  network.on("blurEdge", () => post({ fedviz: "hover", edge: "" }));
  for (const over of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(over, () => hint(""));

  // The wheel scrolls the page until somebody has taken hold of the graph (or holds Ctrl).
  box.addEventListener("pointerdown", () => { engaged = true; });
  document.documentElement.addEventListener("pointerleave", () => { engaged = false; hint(""); });
  box.addEventListener("wheel", (event) => {
    if (!engaged && !event.ctrlKey && !event.metaKey) event.stopImmediatePropagation();
  }, { capture: true });
  new ResizeObserver(() => { if (fitted && !engaged) fit(false); }).observe(box);

  window.addEventListener("message", (event) => {
    if (event.source !== host || !event.data || typeof event.data !== "object") return;
    const { fedviz, view, factor, edges: pointed } = event.data;
    if (fedviz === "view") show(view);
    else if (fedviz === "zoom" && look) zoom(Number(factor) || 1);
    else if (fedviz === "fit" && look) fit(true);
    else if (fedviz === "shot" && look) post({ fedviz: "shot", image: box.querySelector("canvas").toDataURL("image/png") });
    else if (fedviz === "glow" && look && Array.isArray(pointed)) glow(pointed);
  });
  post({ fedviz: "ready" });
})();
