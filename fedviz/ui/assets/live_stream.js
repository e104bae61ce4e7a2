// The connection to a run's events, shared by everything on the page that shows this run; and what operations do to its picture.
// The files live_stream.js, live_head.js, live_grow.js and live_charts.js are one module, joined in this order by fedviz/ui/live_component.py.

const streams = new Map();
const HIDDEN_CLOSE_MS = 5000; // a tab that nobody sees gives its connection back: a browser has only six for one server
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15000;

function streamOf(url) {
  if (!streams.has(url)) streams.set(url, new Stream(url));
  return streams.get(url);
}

class Stream {
  constructor(url) {
    this.url = url;
    this.viewers = new Set();
    this.picture = null;
    this.seq = 0;
    this.state = "connecting";
    this.problem = "";
    this.wait = FIRST_RETRY_MS;
    this.watchTab = () => this.tabChanged();
  }

  add(viewer) {
    clearTimeout(this.leaving);
    if (this.viewers.size === 0) document.addEventListener("visibilitychange", this.watchTab);
    this.viewers.add(viewer);
    if (this.picture) viewer.whole(this.picture);
    viewer.connection(this.state, this.problem);
    if (!this.source && this.state !== "ended") this.open();
  }

  remove(viewer) {
    this.viewers.delete(viewer);
    if (this.viewers.size) return;
    document.removeEventListener("visibilitychange", this.watchTab);
    this.leaving = setTimeout(() => {
      this.close();
      streams.delete(this.url);
    }, 300);
  }

  open() {
    clearTimeout(this.retry);
    this.source?.close();
    const source = (this.source = new EventSource(this.seq ? `${this.url}&after=${this.seq}` : this.url));
    source.addEventListener("open", () => { this.wait = FIRST_RETRY_MS; });
    source.addEventListener("picture", (event) => {
      const { to, picture } = JSON.parse(event.data);
      this.picture = picture;
      this.seq = to;
      for (const viewer of this.viewers) viewer.whole(picture);
      this.turn("live");
    });
    source.addEventListener("ops", (event) => {
      const { from, to, ops } = JSON.parse(event.data);
      if (!this.picture || from !== this.seq) {
        if (to > this.seq || !this.picture) this.again(); // something is missing: ask for the whole picture
        return;
      }
      this.seq = to;
      for (const op of ops) applyOp(this.picture, op, (value) => value);
      for (const viewer of this.viewers) viewer.change(ops, to);
      this.turn("live");
    });
    source.addEventListener("end", (event) => {
      this.close();
      this.problem = JSON.parse(event.data).problem;
      this.turn("ended");
    });
    source.addEventListener("error", () => {
      this.turn("reconnecting");
      if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
      this.close();
      if (document.hidden) return;
      this.retry = setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, LAST_RETRY_MS);
    });
  }

  again() {
    this.seq = 0;
    this.picture = null;
    this.open();
  }

  close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  tabChanged() {
    clearTimeout(this.hiding);
    if (this.state === "ended") return;
    if (document.hidden) this.hiding = setTimeout(() => this.close(), HIDDEN_CLOSE_MS);
    else if (!this.source) this.open();
  }

  turn(state) {
    if (state === this.state) return;
    this.state = state;
    for (const viewer of this.viewers) viewer.connection(state, this.problem);
  }
}

// One operation on a picture `{head, charts, order, rows}`; `paint` turns what is put into charts into what is drawn.
function applyOp(picture, op, paint) {
  const chart = picture.charts[op.key];
  switch (op.op) {
    case "head": Object.assign(picture.head, op.set); break;
    case "chart": picture.charts[op.key] = paint(op.chart); break;
    case "order":
      picture.order = op.keys;
      for (const key of Object.keys(picture.charts)) if (!op.keys.includes(key)) delete picture.charts[key];
      break;
    case "extend":
      for (const [path, [kept, more]] of Object.entries(op.add)) at(chart.data[op.trace], path).splice(kept, Infinity, ...paint(more));
      break;
    case "style": for (const [path, value] of Object.entries(op.set)) put(chart.data[op.trace], path, paint(value)); break;
    case "layout": for (const [path, value] of Object.entries(op.set)) put(chart.layout, path, paint(value)); break;
    case "rows": picture.rows.splice(op.from, Infinity, ...op.rows); break;
  }
}

function at(target, path) {
  return path.split(".").reduce((inner, part) => inner[part], target);
}

// A deep copy with colour tokens ("@accent") replaced.
function painted(value, colours) {
  if (typeof value === "string") return value[0] === "@" ? colours[value.slice(1)] ?? value : value;
  if (Array.isArray(value)) return value.map((item) => painted(item, colours));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, painted(item, colours)]));
  return value;
}

function isDark(colour) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = "#ffffff";
  probe.fillStyle = colour.trim() || "#ffffff";
  const number = parseInt(probe.fillStyle.slice(1), 16);
  return 0.2126 * (number >> 16) + 0.7152 * ((number >> 8) & 255) + 0.0722 * (number & 255) < 128;
}

// An element with properties and children; text always goes in as text.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
