// The triples of a prediction as a table: a bar for the influence, a switch and a strength for each. Python is told what is changed and
// answers with new numbers; a control that is being held keeps its own value meanwhile.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  const table = (root.fedvizTriples ??= build(root));
  table.send = setTriggerValue;
  table.data = data;
  for (const [name, colour] of Object.entries(data.colours[isDark(root.host) ? "dark" : "light"])) root.host.style.setProperty("--fv-" + name, colour);
  fill(table);
  return () => {
    clearTimeout(table.timer);
    delete root.fedvizTriples;
  };
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function build(root) {
  const table = { rows: new Map(), all: false };
  table.caption = make("caption");
  table.head = make("tr");
  table.body = make("tbody");
  table.more = make("button", { type: "button", className: "more" });
  table.more.addEventListener("click", () => {
    table.all = !table.all;
    fill(table);
  });
  table.box = make("div", { className: "box", tabIndex: 0, role: "region" }, make("table", {}, table.caption, make("thead", {}, table.head), table.body));
  root.append(table.box, table.more);
  return table;
}

function fill(table) {
  const { rows, words, few, scale } = table.data;
  table.caption.textContent = words.caption;
  table.box.ariaLabel = words.caption;
  table.head.replaceChildren(...words.columns.map((name) => make("th", { scope: "col", textContent: name })));
  const shown = table.all ? rows : rows.slice(0, few);
  const seen = new Set(shown.map((row) => row.key));
  for (const [key, row] of table.rows) {
    if (!seen.has(key)) {
      row.element.remove();
      table.rows.delete(key);
    }
  }
  shown.forEach((item, index) => {
    let row = table.rows.get(item.key);
    if (!row) table.rows.set(item.key, (row = build_row(table, item)));
    update(row, item, words, scale);
    if (table.body.children[index] !== row.element) table.body.insertBefore(row.element, table.body.children[index] ?? null);
  });
  table.more.hidden = rows.length <= few;
  table.more.textContent = table.all ? words.fewer : words.more;
}

function build_row(table, item) {
  const row = { key: item.key, held: false };
  row.toggle = make("button", { type: "button", className: "switch", role: "switch" });
  row.strength = make("input", { type: "range", min: 0, max: 100, step: 5 });
  row.percent = make("output");
  row.words = make("span", { className: "triple" });
  row.note = make("small");
  row.bar = make("span", { className: "bar" });
  row.number = make("span", { className: "number" });
  row.element = make("tr", {},
    make("td", {}, row.toggle),
    make("th", { scope: "row" }, row.words, row.note),
    make("td", { className: "influence" }, make("span", { className: "track" }, row.bar), row.number),
    make("td", { className: "strength" }, row.strength, row.percent));
  const send = (scale) => table.send("edit", { key: item.key, scale });
  row.toggle.addEventListener("click", () => {
    const on = row.toggle.ariaChecked !== "true";
    row.toggle.ariaChecked = String(on);
    send(on ? 1 : 0);
  });
  row.strength.addEventListener("input", () => {
    row.held = true;
    row.percent.textContent = row.strength.value + " %";
    clearTimeout(table.timer);
    table.timer = setTimeout(() => send(Number(row.strength.value) / 100), 90);
  });
  row.strength.addEventListener("change", () => { row.held = false; });
  return row;
}

function update(row, item, words, scale) {
  const off = item.scale === 0;
  row.element.className = (off ? "off " : "") + (item.added ? "added" : "");
  row.toggle.ariaChecked = String(!off);
  row.toggle.ariaLabel = words.on + ": " + item.words;
  row.words.textContent = item.words;
  row.note.textContent = item.note;
  row.note.hidden = !item.note;
  const share = Math.min(Math.abs(item.value) / scale, 1) * 50;
  row.bar.className = "bar " + (item.value < 0 ? "negative" : "positive");
  row.bar.style.width = share + "%";
  row.bar.style.left = (item.value < 0 ? 50 - share : 50) + "%";
  row.number.textContent = item.text;
  if (!row.held) {
    row.strength.value = Math.round(item.scale * 100);
    row.percent.textContent = Math.round(item.scale * 100) + " %";
  }
  row.strength.ariaLabel = words.strength + ": " + item.words;
}
