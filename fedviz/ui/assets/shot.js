// A button that saves charts and graph of the page as one picture: drawn by the browser that shows them, so that the server needs none.
export default function ({ data, parentElement }) {
  const root = parentElement;
  let button = root.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => save(button.fedvizData, button));
    root.append(button);
  }
  button.fedvizData = data;
  button.textContent = data.words.save;
}

function graphPicture(graph) {
  return new Promise((resolve) => {
    const given = setTimeout(() => resolve(null), 2000);
    window.dispatchEvent(new CustomEvent("fedviz-shot", { detail: { graph, answer: (image) => { clearTimeout(given); resolve(image); } } }));
  });
}

function load(address) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(image));
    image.addEventListener("error", reject);
    image.src = address;
  });
}

async function save(data, button) {
  button.disabled = true;
  try {
    const pictures = [];
    for (const key of data.charts) {
      const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
      if (plot) pictures.push(await load(await window.Plotly.toImage(plot, { format: "png", scale: 2, width: plot.clientWidth, height: plot.clientHeight })));
    }
    const graph = await graphPicture(data.graph);
    if (graph) pictures.push(await load(graph));
    const style = getComputedStyle(button);
    const width = Math.max(1000, ...pictures.map((picture) => picture.width)) + 80;
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d");
    const lines = wrap(pen, data.title, width - 80);
    canvas.width = width;
    canvas.height = 60 + 40 * lines.length + pictures.reduce((sum, picture) => sum + picture.height + 30, 0);
    pen.fillStyle = style.getPropertyValue("--st-background-color") || "#ffffff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = style.getPropertyValue("--st-text-color") || "#000000";
    pen.font = "28px sans-serif";
    lines.forEach((line, place) => pen.fillText(line, 40, 60 + 40 * place));
    let top = 50 + 40 * lines.length;
    for (const picture of pictures) {
      pen.drawImage(picture, 40, top);
      top += picture.height + 30;
    }
    const link = document.createElement("a");
    link.download = data.name;
    link.href = canvas.toDataURL("image/png");
    link.click();
    button.dataset.saved = String(pictures.length);
  } finally {
    button.disabled = false;
  }
}

function wrap(pen, text, width) {
  pen.font = "28px sans-serif";
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = (lines.at(-1) + " " + word).trim();
    if (pen.measureText(longer).width > width && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.slice(0, 8);
}
