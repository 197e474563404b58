// The line as a picture: one column an ask or a few asks, from the first in line to the last; height is the share that
// has a berth. Own place: a mark. Colour is never alone: a class without a berth is hollow, and the words say the same.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 64;
const LEAST_PX = 5;
const CLASS_OF = { c: "crisis", m: "community", o: "open" };

const round = (value) => Math.round(value * 10) / 10;

export function drawLine(picture, result, words) {
  const width = Math.max(240, picture.parentElement.clientWidth);
  picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  picture.firstElementChild.textContent = words;
  picture.replaceChildren(picture.firstElementChild);
  const pen = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    picture.append(element);
  };
  const { line } = result;
  const columns = Math.min(line.length, Math.floor(width / LEAST_PX));
  const step = columns ? Math.min(26, width / columns) : 0;
  for (let i = 0; i < columns; i += 1) {
    const part = line.slice(Math.floor((i * line.length) / columns), Math.floor(((i + 1) * line.length) / columns));
    let y = 44;
    for (const letter of ["C", "M", "O", "c", "m", "o"]) {
      const n = [...part].filter((one) => one === letter).length;
      if (!n) continue;
      const high = (n / part.length) * 40;
      const has = letter === letter.toUpperCase();
      y -= high;
      pen("rect", { x: round(i * step + 1), y: round(y + 0.75), width: round(Math.max(step - 2, 2)), height: round(Math.max(high - 1.5, 1)), class: `${CLASS_OF[letter.toLowerCase()]} ${has ? "held" : "without"}` });
    }
  }
  if (result.own_place) {
    const x = round((Math.floor(((result.own_place - 1) * columns) / line.length) + 0.5) * step);
    pen("path", { d: `M${x} 47l6 9h-12z`, class: "own" });
  }
}
