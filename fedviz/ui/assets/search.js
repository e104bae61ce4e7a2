// A search field with completion (the ARIA combobox pattern with a list box). Python finds the matches, this shows them as plain text.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  const search = (root.fedvizSearch ??= build(root));
  search.send = setTriggerValue;
  search.matches = data.matches;
  search.label.textContent = data.words.label;
  search.input.placeholder = data.words.placeholder;
  search.list.ariaLabel = data.words.label;
  search.words = data.words;
  if (data.shown !== search.shown) {
    search.shown = data.shown;
    search.input.value = data.shown;
  }
  search.answered = data.query;
  list(search);
  return () => {
    clearTimeout(search.timer);
    delete root.fedvizSearch;
  };
}

function build(root) {
  const search = { matches: [], active: -1, open: false, shown: null, asked: "", answered: "" };
  const label = document.createElement("label");
  const input = document.createElement("input");
  const list_ = document.createElement("ul");
  const status = document.createElement("p");
  label.htmlFor = input.id = "field";
  Object.assign(input, { type: "text", autocomplete: "off", spellcheck: false, maxLength: 200, role: "combobox", ariaExpanded: "false", ariaAutoComplete: "list" });
  input.setAttribute("aria-controls", "matches");
  list_.id = "matches";
  list_.role = "listbox";
  list_.hidden = true;
  status.className = "status";
  status.role = "status";
  root.append(label, input, list_, status);
  Object.assign(search, { label, input, list: list_, status });

  input.addEventListener("input", () => {
    clearTimeout(search.timer);
    search.open = true;
    search.active = -1;
    const words = input.value.trim();
    search.timer = setTimeout(() => {
      search.asked = words;
      search.send("query", words);
    }, 120);
    if (!words) close(search);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(search);
    else if (event.key === "Enter" && search.open && search.matches.length) pick(search, Math.max(search.active, 0));
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && search.matches.length) {
      search.open = true;
      const step = event.key === "ArrowDown" ? 1 : -1;
      search.active = (search.active + step + search.matches.length + (search.active < 0 && step < 0 ? 1 : 0)) % search.matches.length;
      list(search);
    } else return;
    event.preventDefault();
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", () => setTimeout(() => close(search), 150));
  return search;
}

function pick(search, index) {
  const match = search.matches[index];
  search.input.value = search.shown = match.name;
  close(search);
  search.send("pick", match.id);
}

function close(search) {
  search.open = false;
  search.active = -1;
  list(search);
}

function list(search) {
  const typed = search.input.value.trim();
  const open = search.open && typed !== "";
  const current = search.answered === typed;
  search.list.hidden = !open || !search.matches.length;
  search.input.ariaExpanded = String(!search.list.hidden);
  search.status.textContent = open && current ? (search.matches.length ? search.words.count : search.words.none) : "";
  search.status.hidden = !(open && current && !search.matches.length);
  search.list.replaceChildren(...search.matches.map((match, index) => {
    const item = document.createElement("li");
    item.role = "option";
    item.id = "match-" + index;
    item.ariaSelected = String(index === search.active);
    const name = document.createElement("span");
    name.textContent = match.name;
    const note = document.createElement("small");
    note.textContent = match.note;
    item.append(name, note);
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      pick(search, index);
    });
    return item;
  }));
  if (search.active >= 0 && open) {
    search.input.setAttribute("aria-activedescendant", "match-" + search.active);
    search.list.children[search.active].scrollIntoView({ block: "nearest" });
  } else search.input.removeAttribute("aria-activedescendant");
}
