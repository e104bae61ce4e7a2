// A text in which linked entities are marked. Everything is text content; a mark is a button that tells Python which entity was chosen.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  const held = root.querySelector(":focus")?.dataset.index;
  const text = document.createElement("p");
  text.dir = "auto";
  text.ariaLabel = data.words.text;
  data.parts.forEach((part, index) => {
    if (!part.entity) {
      text.append(part.text);
      return;
    }
    const mark = document.createElement("mark");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.index = index;
    button.title = part.tip;
    button.ariaPressed = String(part.entity === data.chosen);
    const words = document.createElement("span");
    words.textContent = part.text;
    const name = document.createElement("small");
    name.textContent = part.name;
    button.append(...(part.name ? [words, name] : [words]));
    button.addEventListener("click", () => setTriggerValue("pick", part.entity));
    mark.append(button);
    text.append(mark);
  });
  root.querySelector("p")?.remove();
  root.append(text);
  if (held) root.querySelector(`[data-index="${held}"]`)?.focus();
}
