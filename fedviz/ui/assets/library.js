// Keeps the text of vis-network for the frames of this page. Its data never change, so Streamlit sends them once a session.
export default function ({ data }) {
  const library = (window.fedvizLibrary ??= {});
  library.promise ??= new Promise((resolve) => { library.resolve = resolve; });
  if (library.resolve) library.resolve(data.library);
}
