// Keeps large data of the page by name, apart from what changes often: Streamlit sends data again only when they change.
export default function ({ data }) {
  const store = (window.fedvizStore ??= { values: new Map(), listeners: new Set() });
  store.values.set(data.name, data.value);
  store.listeners.forEach((listener) => listener(data.name));
}
