// The graph on the page: a sandboxed frame of opaque origin, buttons for it, and a legend. Python gives `data`; clicks go back as triggers.
// Streamlit calls this again whenever data or theme change, so everything lives on the root and is only brought up to date.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  const graph = (root.fedvizGraph ??= build(root));
  graph.data = data;
  graph.send = setTriggerValue;
  dress(root, graph);
  bring(graph);
  return () => {
    window.removeEventListener("message", graph.listen);
    window.removeEventListener("fedviz-chart", graph.pointed);
    window.removeEventListener("fedviz-shot", graph.shoot);
    window.fedvizStore.listeners.delete(graph.stored);
    delete root.fedvizGraph;
  };
}

const FEW_KINDS = 8;

function build(root) {
  const graph = { document: null, ready: false, started: performance.now() };
  const shell = document.createElement("div");
  shell.className = "graph";
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("referrerpolicy", "no-referrer");
  const bar = document.createElement("div");
  bar.className = "bar";
  graph.buttons = ["larger", "smaller", "whole"].map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(icon({ larger: "M3 8h10M8 3v10", smaller: "M3 8h10", whole: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" }[name]));
    button.addEventListener("click", () => {
      post(graph, name === "whole" ? { fedviz: "fit" } : { fedviz: "zoom", factor: name === "larger" ? 1.4 : 1 / 1.4 });
    });
    bar.append(button);
    return [name, button];
  });
  const legend = document.createElement("ul");
  const status = document.createElement("p");
  status.className = "status";
  shell.append(frame, bar, status);
  root.append(shell, legend);
  graph.listen = (event) => {
    if (event.source !== frame.contentWindow || !event.data || typeof event.data !== "object") return;
    const { fedviz, node, edge, version } = event.data;
    if (fedviz === "ready") {
      graph.ready = true;
      show(graph);
    } else if (fedviz === "painted") {
      status.hidden = true;
      shell.dataset.painted = String(Math.round(performance.now() - graph.started));
      shell.dataset.version = String(version);
    } else if ((fedviz === "select" || fedviz === "expand") && typeof node === "string") {
      graph.send("event", { kind: fedviz, id: node });
    } else if (fedviz === "edge" && typeof edge === "string") {
      graph.send("event", { kind: fedviz, id: edge });
    } else if (fedviz === "hover" && typeof edge === "string") {
      window.dispatchEvent(new CustomEvent("fedviz-graph", { detail: { graph: graph.data.picture, edge } }));
    } else if (fedviz === "shot" && typeof event.data.image === "string" && event.data.image.startsWith("data:image/png;")) {
      graph.shot?.(event.data.image);
    } else if (fedviz === "glowing") {
      shell.dataset.glowing = String(event.data.edges.length);
    }
  };
  // A chart of the page that shows the same triples points at an edge, or asks for it as a click on it would.
  graph.pointed = ({ detail }) => {
    if (detail.graph !== graph.data?.picture) return;
    if (detail.open) graph.send("event", { kind: "edge", id: detail.edges[0] });
    else post(graph, { fedviz: "glow", edges: detail.edges });
  };
  window.addEventListener("fedviz-chart", graph.pointed);
  graph.shoot = ({ detail }) => {
    if (detail.graph !== graph.data?.picture) return;
    graph.shot = detail.answer;
    post(graph, { fedviz: "shot" });
  };
  window.addEventListener("fedviz-shot", graph.shoot);
  window.addEventListener("message", graph.listen);
  graph.stored = (name) => {
    if (name === "library" || name === graph.data?.picture) bring(graph);
  };
  (window.fedvizStore ??= { values: new Map(), listeners: new Set() }).listeners.add(graph.stored);
  return Object.assign(graph, { shell, frame, legend, status });
}

function icon(path) {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  image.setAttribute("viewBox", "0 0 16 16");
  image.ariaHidden = "true";
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  image.append(line);
  return image;
}

// The picture and the library lie in the page's store, which is filled by components of its own, in any order.
function bring(graph) {
  const store = window.fedvizStore.values;
  const picture = store.get(graph.data.picture);
  const library = store.get("library");
  if (!library || !picture || picture.version !== graph.data.version) return;
  graph.picture = picture;
  if (graph.document === picture.document) {
    if (graph.ready) show(graph);
    return;
  }
  graph.document = picture.document;
  graph.ready = false;
  graph.started = performance.now();
  delete graph.shell.dataset.painted;
  graph.frame.srcdoc = picture.document.split(graph.data.mark).join("<script>" + library + "</" + "script>");
}

function post(graph, message) {
  if (graph.ready) graph.frame.contentWindow.postMessage(message, "*");
}

function show(graph) {
  const { nodes, edges, version } = graph.picture;
  post(graph, { fedviz: "view", view: { nodes, edges, version, selected: graph.data.selected, look: graph.look } });
}

function dress(root, graph) {
  const { words, legend, colours, kindColours } = graph.data;
  const style = getComputedStyle(root.host);
  const dark = isDark(root.host ?? root);
  const own = colours[dark ? "dark" : "light"];
  const kinds = kindColours[dark ? "dark" : "light"];
  graph.look = {
    ...own, kinds, font: style.getPropertyValue("--st-font") || "sans-serif", still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
  graph.frame.title = words.title;
  graph.status.textContent = words.loading;
  graph.status.hidden = "painted" in graph.shell.dataset;
  for (const [name, button] of graph.buttons) {
    button.ariaLabel = words[name];
    button.title = words[name];
  }
  const shapes = ["circle", "square", "diamond", "triangle"];
  graph.legend.ariaLabel = words.legend;
  const items = legend.map(([kind, name, extra]) => {
    const item = document.createElement("li");
    const sign = document.createElement("span");
    sign.className = "sign " + (extra ? "edge " + extra : (kind < 0 ? "circle" : shapes[(kind + Math.floor(kind / kinds.length)) % shapes.length]));
    sign.style.setProperty("--sign", extra ? own[extra] : kind < 0 ? own.muted : kinds[kind % kinds.length]);
    sign.ariaHidden = "true";
    const label = document.createElement("span");
    label.textContent = name;
    item.append(sign, label);
    return item;
  });
  const many = items.length > FEW_KINDS + 1 && !graph.all;
  graph.legend.replaceChildren(...(many ? items.slice(0, FEW_KINDS) : items));
  if (many) {
    const more = document.createElement("button");
    more.type = "button";
    more.textContent = words.more;
    more.addEventListener("click", () => {
      graph.all = true;
      dress(root, graph);
    });
    const last = document.createElement("li");
    last.append(more);
    graph.legend.append(last);
  }
}
