// Sets what lies at a path of keys with dots, as Plotly writes them.
function put(target, path, value) {
  const parts = path.split(".");
  const leaf = parts.pop();
  parts.reduce((inner, part) => (inner[part] ??= {}), target)[leaf] = value;
}

// A chart narrower than this has other words and margins, where its layout names some (`meta`).
const NARROW = 520;
