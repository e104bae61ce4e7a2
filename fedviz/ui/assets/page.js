// What every component of ours needs of the page's theme.
let canvas;
function isDark(element) {
  canvas ??= document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#ffffff";
  const value = parseInt(canvas.fillStyle.slice(1, 7), 16);
  return 0.299 * (value >> 16) + 0.587 * ((value >> 8) & 255) + 0.114 * (value & 255) < 128;
}
