// Pictures of the clinic: pull by sitting, and the evidence of each watch by night. Drawn to the width that they have.

import { dayOf, harmNights, sittingList } from "./clinic_words.js";

const SVG = "http://www.w3.org/2000/svg";
const SIDE = 104;
const DATE_PX = 64;
const DAY_S = 86400;

// A picture with its title alone; returns a pen.
function fresh(picture, height) {
  const width = Math.max(280, picture.parentElement.clientWidth);
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  picture.replaceChildren(picture.firstElementChild);
  const pen = (name, attributes, words = "") => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.textContent = words;
    picture.append(element);
  };
  return { width, pen };
}

const round = (value) => Math.round(value * 10) / 10;
const path = (points) => points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");

// Dates below an axis, as many as there is room for, the first one among them.
function dates(pen, times, x, y, width) {
  const most = Math.max(2, Math.floor(width / DATE_PX));
  const step = Math.ceil(times.length / most);
  for (let i = 0; i < times.length; i += step) pen("text", { x: round(x(times[i])), y, class: "words", "text-anchor": "middle" }, dayOf(times[i]));
}

// Pull by day: 0 is oneself, 1 the group. Filled: after an anchor session. A sitting that cannot be measured is a cross.
export function drawPull(picture, told, pull) {
  picture.toggleAttribute("hidden", told.length === 0);
  picture.firstElementChild.textContent = `Pull by day. ${sittingList(told)}.`;
  if (!told.length) return;
  const { width, pen } = fresh(picture, 260);
  const measured = told.filter((one) => one.pull !== null);
  const low = Math.min(-0.3, ...measured.map((one) => one.pull));
  const high = Math.max(1.1, ...measured.map((one) => one.pull));
  const [first, last] = [told[0].at_s, Math.max(told[told.length - 1].at_s, told[0].at_s + 6 * DAY_S)];
  const x = (at_s) => SIDE + 16 + ((at_s - first) / (last - first)) * (width - SIDE - 40);
  const y = (value) => 14 + ((high - value) / (high - low)) * 206;
  const band = Math.min(pull?.band ?? 0, 0.3 - low);
  if (band > 0) pen("rect", { x: SIDE, y: round(y(band)), width: width - SIDE - 8, height: round(y(Math.max(-band, low)) - y(band)), class: "band" });
  for (const [value, words, kind] of [[1, "1, the group", "rule"], [0.5, ".5, at once", "now"], [0.3, ".3, restored", "limit"], [0, "0, oneself", "rule"]]) {
    pen("line", { x1: SIDE, x2: width - 8, y1: round(y(value)), y2: round(y(value)), class: kind });
    pen("text", { x: SIDE - 8, y: round(y(value)) + 4, class: `words ${kind}-words`, "text-anchor": "end" }, words);
  }
  if (measured.length > 1) pen("polyline", { points: path(measured.map((one) => [x(one.at_s), y(one.pull)])), class: "way" });
  for (const one of told) {
    const at = x(one.at_s);
    if (one.pull === null) pen("path", { d: `M${round(at - 4)},216l8,8m0,-8l-8,8`, class: "way" });
    else pen("circle", { cx: round(at), cy: round(y(one.pull)), r: 6, class: one.anchored ? "anchored" : "plain" });
  }
  for (const day of pull?.offered_s ?? []) if (day >= first && day <= last) pen("path", { d: `M${round(x(day) - 5)},230h10`, class: "offered" });
  dates(pen, told.map((one) => one.at_s), x, 252, width - SIDE - 40);
}

const MOST = 5;
const place = (value) => Math.min(MOST, Math.log10(1 + value));

// The evidence of one watch, by night, on a scale of tens. Blind nights are a band; a night with a case a mark below.
export function drawWatch(picture, one) {
  picture.toggleAttribute("hidden", one.past.length === 0);
  picture.firstElementChild.textContent = harmNights(one);
  if (!one.past.length) return;
  const { width, pen } = fresh(picture, 190);
  const times = one.past.map((night) => night.end_s);
  const [first, last] = [times[0], Math.max(times[times.length - 1], times[0] + 6 * DAY_S)];
  const x = (at_s) => SIDE + 12 + ((at_s - first) / (last - first)) * (width - SIDE - 36);
  const y = (value) => 12 + ((MOST - value) / MOST) * 132;
  const blind = one.past.filter((night) => night.rate === null);
  if (blind.length) {
    const [from, to] = [x(blind[0].end_s) - 6, x(blind[blind.length - 1].end_s) + 6];
    pen("rect", { x: round(from), y: 12, width: round(to - from), height: 132, class: "dark" });
    pen("text", { x: round(from + 6), y: 30, class: "words" }, "blind");
  }
  for (const power of [0, 1, 2, 3]) {
    pen("line", { x1: SIDE, x2: width - 8, y1: round(y(power)), y2: round(y(power)), class: "rule" });
    pen("text", { x: SIDE - 8, y: round(y(power)) + 4, class: "words", "text-anchor": "end" }, power === 0 ? "0" : (10 ** power).toLocaleString("en"));
  }
  const alarm = round(y(place(one.threshold)));
  pen("line", { x1: SIDE, x2: width - 8, y1: alarm, y2: alarm, class: "now" });
  pen("text", { x: SIDE - 8, y: alarm + 4, class: "words now-words", "text-anchor": "end" }, `alarm ${one.threshold.toLocaleString("en")}`);
  let run = [];
  for (const night of [...one.past, { rate: null }]) {
    if (night.rate !== null) run.push([x(night.end_s), y(night.value === null ? MOST : place(night.value))]);
    else {
      if (run.length > 1) pen("polyline", { points: path(run), class: "course" });
      else if (run.length) pen("circle", { cx: round(run[0][0]), cy: round(run[0][1]), r: 3, class: "anchored" });
      run = [];
    }
  }
  for (const night of one.past) if (night.harmed) pen("path", { d: `M${round(x(night.end_s))},150v9`, class: "harmed" });
  dates(pen, times, x, 180, width - SIDE - 36);
}
