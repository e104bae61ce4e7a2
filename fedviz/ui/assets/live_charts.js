// The charts: cards that are filled from the picture and redrawn when operations change them. Only what is on the screen is drawn;
// a chart that is scrolled into sight is brought up to date then. Zoom belongs to the viewer: no operation touches a zoomed axis.

const REST = 50; // times the time a drawing took
let library;

function plotly(url) {
  return (library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = make("script", { src: url, async: true });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => { library = undefined; script.remove(); reject(new Error("plotly.js")); });
    document.head.append(script);
  }));
}

class Charts {
  constructor(root) {
    this.root = root;
    this.cards = new Map();
    this.restUntil = 0;
    this.sections = new Map();
    this.main = make("div", { className: "fv fv-charts" });
    this.body = make("tbody", {});
    this.headRow = make("tr", {});
    this.summary = make("summary", {});
    this.caption = make("caption", {});
    this.table = make("details", { className: "fv-table", hidden: true }, this.summary,
      make("div", { className: "fv-scroll", tabIndex: 0, role: "region" }, make("table", {}, this.caption, make("thead", {}, this.headRow), this.body)));
    root.append(this.main);
    this.main.append(this.table);
    this.seen = new IntersectionObserver((entries) => this.scrolled(entries), { rootMargin: "120px" });
    this.sized = new ResizeObserver((entries) => this.resized(entries));
  }

  update(data) {
    this.data = data;
    setText(this.summary, data.words.table);
    setText(this.caption, data.words.caption);
    this.table.lastChild.ariaLabel = data.words.table;
    this.headRow.replaceChildren(...data.words.columns.map((column) => make("th", { scope: "col", textContent: column })));
    plotly(data.plotly).then((Plotly) => { this.Plotly = Plotly; this.soon(); }, () => setTimeout(() => this.update(this.data), 3000));
    const style = getComputedStyle(this.root);
    const dark = isDark(style.getPropertyValue("--st-background-color"));
    const font = style.getPropertyValue("--st-font") || "sans-serif";
    const turned = this.look && this.look !== `${dark} ${font}`;
    this.look = `${dark} ${font}`;
    this.colours = { ...data.colours[dark ? "dark" : "light"], font };
    for (const [name, value] of Object.entries(this.colours)) if (name !== "font") this.main.style.setProperty(`--fv-${name}`, value);
    const stream = streamOf(data.url);
    if (stream !== this.stream) {
      this.stream?.remove(this);
      (this.stream = stream).add(this);
    } else if (turned && stream.picture) this.whole(stream.picture);
  }

  connection() {}

  whole(picture) {
    for (const [key, chart] of Object.entries(picture.charts)) this.fill(key, chart);
    this.arrange(picture.order);
    this.rows(picture.rows, 0);
    this.soon();
  }

  change(ops, seq) {
    for (const op of ops) {
      if (op.op === "chart") this.fill(op.key, op.chart);
      else if (op.op === "order") this.arrange(op.keys);
      else if (op.op === "rows") this.rows(op.rows, op.from);
      else if (op.key) this.cards.get(op.key)?.apply(op, this.colours);
    }
    this.seq = seq;
    this.soon();
  }

  fill(key, chart) {
    let card = this.cards.get(key);
    if (!card) {
      card = new Card(key, this);
      this.cards.set(key, card);
      this.seen.observe(card.plot);
      this.sized.observe(card.plot);
    }
    card.fill(chart, this.colours);
  }

  // Put the cards into their sections, in order; a section is a heading and a grid.
  arrange(keys) {
    for (const [key, card] of this.cards) {
      if (keys.includes(key)) continue;
      card.drop(this);
      this.cards.delete(key);
    }
    let before = null;
    const used = new Set();
    for (const key of keys) {
      const card = this.cards.get(key);
      const name = card.chart.section;
      let section = this.sections.get(name);
      if (!section) {
        const heading = make("h2", { textContent: name });
        section = { element: make("section", {}, heading), note: make("p", { className: "fv-note" }), legend: make("ul", { className: "fv-legend" }), grid: make("div", { className: "fv-grid" }) };
        section.element.append(section.note, section.legend, section.grid);
        section.element.ariaLabel = name;
        this.sections.set(name, section);
      }
      if (!used.has(name)) {
        used.add(name);
        const place = before ? before.nextSibling : this.main.firstChild;
        if (place !== section.element) this.main.insertBefore(section.element, place);
        before = section.element;
        section.last = null;
      }
      const place = section.last ? section.last.nextSibling : section.grid.firstChild;
      if (place !== card.element) section.grid.insertBefore(card.element, place);
      section.last = card.element;
      if (card.chart.size === "small" && card.chart.note) setText(section.note, card.chart.note);
      if (card.chart.legend.length) this.legend(section.legend, card.chart.legend);
    }
    for (const [name, section] of this.sections) {
      if (used.has(name)) continue;
      section.element.remove();
      this.sections.delete(name);
    }
    this.table.hidden = !keys.length;
  }

  // Chips in the clients' colours; pressing one leaves the others pale, in every chart.
  legend(list, entries) {
    list.replaceChildren(...entries.map(([client, name, colour, dash]) => {
      const sign = make("span", { className: `fv-sign fv-dash-${dash}`, ariaHidden: "true" });
      sign.style.setProperty("--sign", this.colours[colour.slice(1)]);
      const chip = make("button", { type: "button", className: "fv-chip", ariaPressed: String(this.focus === client) }, sign, make("span", { textContent: name }));
      chip.addEventListener("click", () => {
        this.focus = this.focus === client ? undefined : client;
        for (const other of list.querySelectorAll("button")) other.ariaPressed = String(other === chip && this.focus === client);
        for (const card of this.cards.values()) card.shade();
        this.soon();
      });
      return make("li", {}, chip);
    }));
  }

  rows(rows, from) {
    while (this.body.rows.length > from) this.body.lastChild.remove();
    for (const row of rows) this.body.append(make("tr", {}, ...row.map((cell, i) => make(i ? "td" : "th", i ? { textContent: cell } : { textContent: cell, scope: "row" }))));
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => this.drawDue());
  }

  // Draw what is due. What a viewer asked for is drawn at once; otherwise the page rests after each drawing in proportion to what it took,
  // whichever chart it was, so that a training on the same machine hardly feels it. Who has waited longest comes first.
  drawDue() {
    this.frame = undefined;
    if (!this.Plotly) return;
    clearTimeout(this.later);
    const charts = [];
    let waiting = false;
    const due = [...this.cards.values()].filter((card) => card.dirty && card.visible);
    for (const card of due.sort((a, b) => a.drawnAt - b.drawnAt)) {
      if (card.grow()) charts.push(card.key);
      else if (!card.urgent && performance.now() < this.restUntil) waiting = true;
      else {
        const began = performance.now();
        const asked = card.urgent;
        if (card.draw(this.Plotly)) charts.push(card.key);
        if (!asked) this.restUntil = performance.now() + REST * (performance.now() - began);
      }
    }
    if (charts.length) this.main.dispatchEvent(new CustomEvent("fedviz-drawn", { bubbles: true, detail: { seq: this.seq, charts } }));
    if (waiting) this.later = setTimeout(() => this.soon(), this.restUntil - performance.now());
  }

  scrolled(entries) {
    for (const { target, isIntersecting } of entries) target.fedvizCard.visible = isIntersecting;
    this.soon();
  }

  resized(entries) {
    for (const { target } of entries) {
      const card = target.fedvizCard;
      if (card.ready && Math.abs(target.clientWidth - card.width) > 1) card.again();
    }
    this.soon();
  }

  close() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.later);
    this.stream?.remove(this);
    this.seen.disconnect();
    this.sized.disconnect();
    for (const card of this.cards.values()) card.drop(this);
  }
}

class Card {
  constructor(key, owner) {
    this.key = key;
    this.owner = owner;
    this.zoomed = new Set();
    this.drawnAt = 0;
    this.title = make("h3", { id: `fv-${key}` });
    this.about = make("span", { className: "fv-about" });
    this.note = make("p", { className: "fv-note" });
    this.plot = make("div", { className: "fv-plot", role: "img" });
    this.plot.fedvizCard = this;
    this.plot.addEventListener("pointerenter", () => this.catchUp());
    this.reset = make("button", { type: "button", className: "fv-reset", hidden: true });
    this.reset.addEventListener("click", () => this.zoomOut());
    this.element = make("figure", { className: "fv-card" }, make("div", { className: "fv-name" }, this.title, this.about, this.reset), this.plot, this.note);
  }

  fill(chart, colours) {
    this.chart = chart; // the stream's own copy, with colour tokens; what is drawn is a painted copy
    this.element.className = `fv-card fv-${chart.size}`;
    setText(this.title, chart.title);
    setText(this.about, chart.about);
    setText(this.note, chart.size === "small" ? "" : chart.note);
    setText(this.reset, this.owner.data.words.reset);
    this.plot.ariaLabel = `${chart.title}. ${this.owner.data.words.described}`;
    this.plot.style.height = `${chart.layout.height}px`;
    const former = this.drawn;
    this.drawn = { data: painted(chart.data, colours), layout: painted(chart.layout, colours) };
    this.shade();
    for (const axis of this.zoomed) if (former) this.drawn.layout[axis] = { ...this.drawn.layout[axis], range: former.layout[axis].range, autorange: false };
    this.fresh = true;
    this.again();
  }

  // Draw all of it anew, and soon.
  again() {
    this.dirty = this.laidOut = this.urgent = true;
  }

  apply(op, colours) {
    if (op.op === "layout") op = { ...op, set: Object.fromEntries(Object.entries(op.set).filter(([path]) => !this.zoomed.has(path.split(".")[0]))) };
    applyOp({ charts: { [this.key]: this.drawn } }, op, (value) => painted(value, colours));
    if (op.op === "layout") this.laidOut = true;
    if (op.op === "layout" && this.chart.quick) this.urgent = true; // it can grow on the new axis only
    if (op.op === "layout" && op.set.height) this.plot.style.height = `${op.set.height}px`;
    this.dirty = true;
  }

  // Pale what does not belong to the client that was picked.
  shade() {
    const { focus } = this.owner;
    for (const trace of this.drawn.data) if (trace.meta?.client !== undefined) trace.opacity = focus === undefined || trace.meta.client === focus ? 1 : 0.12;
    this.again();
  }

  draw(Plotly) {
    const width = this.plot.clientWidth;
    if (!width) return false;
    const { data, layout } = this.drawn;
    layout.width = this.width = width;
    for (const [path, value] of layout.meta?.[width < NARROW ? "narrow" : "wide"] ?? []) put(layout, path, value);
    layout.dragmode = innerWidth < NARROW || matchMedia("(pointer: coarse)").matches ? false : "zoom"; // a finger must be able to scroll the page
    if (!this.ready) {
      Plotly.newPlot(this.plot, data, layout, { displayModeBar: false, doubleClick: false, responsive: false, showTips: false });
      this.plot.on("plotly_relayout", (event) => this.moved(event));
      this.plot.on("plotly_doubleclick", () => this.zoomOut());
      this.ready = true;
    } else if (this.fresh) Plotly.react(this.plot, data, layout);
    else Plotly.redraw(this.plot);
    this.dirty = this.fresh = this.laidOut = this.ahead = this.urgent = false;
    this.drawnAt = performance.now();
    return true;
  }

  // Without a redraw; false where one is needed.
  grow() {
    if (!this.ready || this.laidOut || !this.chart.quick || !this.plot._fullLayout) return false;
    const { data } = this.drawn;
    if (!(data[0].type === "bar" ? growBars : growLines)(this.plot, data)) return false;
    this.dirty = false;
    this.drawnAt = performance.now();
    return (this.ahead = true);
  }

  catchUp() {
    if (!this.ahead) return;
    this.again();
    this.owner.soon();
  }

  moved(event) {
    for (const path of Object.keys(event)) {
      const [axis, what = ""] = path.split(".");
      if (/^[xy]axis\d*$/.test(axis) && what.startsWith("range")) this.zoomed.add(axis);
    }
    this.reset.hidden = !this.zoomed.size;
  }

  zoomOut() {
    if (!this.zoomed.size) return;
    for (const axis of this.zoomed) {
      const range = this.chart.layout[axis].range;
      Object.assign(this.drawn.layout[axis], range ? { range: [...range], autorange: false } : { autorange: true });
    }
    this.zoomed.clear();
    this.reset.hidden = true;
    this.again();
    this.owner.soon();
  }

  drop(owner) {
    owner.seen.unobserve(this.plot);
    owner.sized.unobserve(this.plot);
    if (this.ready) owner.Plotly.purge(this.plot);
    this.element.remove();
  }
}

// Streamlit calls this when the component is mounted and whenever its data or the theme change; the parts live on the element.
export default function ({ data, parentElement, setTriggerValue }) {
  const part = (parentElement.fedvizLive ??= new (data.part === "head" ? Head : Charts)(parentElement));
  part.update(data, setTriggerValue);
  return () => {
    part.close();
    delete parentElement.fedvizLive;
  };
}
