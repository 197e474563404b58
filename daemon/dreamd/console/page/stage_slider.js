// One control of the lead: a slider for what is asked, and above it a gauge with what is applied and where the group is.

import { make, set } from "./element.js";

const SVG = "http://www.w3.org/2000/svg";
const THUMB_PX = 22; // the slider's own thumb, so that the gauge stands on the same scale
const HEIGHT_PX = 18;

const drawing = (name, attributes) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
};

export class Slider {
  // about: id, name in sight, label for a screen reader, low, high, step, words for a value. moved: called with the value.
  constructor(place, about, moved) {
    this.about = about;
    const row = make("div", "", { class: "feature" });
    const figures = make("p", "", { class: "figures" });
    const label = make("label", about.name, { for: about.id });
    [this.asked, this.applied, this.group] = [make("b"), make("b"), make("b")];
    figures.append(label);
    for (const [words, value] of [["asked ", this.asked], ["applied ", this.applied], ["group ", this.group]]) {
      const part = make("span", words);
      part.append(value);
      figures.append(part);
    }
    this.gauge = drawing("svg", { class: "gauge", "aria-hidden": "true" });
    this.input = make("input", "", { type: "range", id: about.id, min: about.low, max: about.high, step: about.step, "aria-label": about.label });
    this.input.addEventListener("input", () => moved(Number(this.input.value)));
    this.input.addEventListener("dblclick", () => moved(0));
    row.append(figures, this.gauge, this.input);
    place.append(row);
    new ResizeObserver(() => { this.drawn = ""; this.paint(); }).observe(this.gauge);
  }

  // The largest value that may be asked.
  reach(high) {
    if (Number(this.input.max) === high) return;
    this.input.max = high;
    this.input.disabled = !(high > this.about.low);
    this.about.high = high;
    this.drawn = "";
  }

  // asked, applied: on the slider's scale. group: null where it is hidden, or there is none.
  show(asked, applied, group) {
    this.values = [asked, applied, group];
    if (Number(this.input.value) !== asked) this.input.value = asked;
    const { words } = this.about;
    this.input.setAttribute("aria-valuetext", `${words(asked)} asked, ${words(applied)} applied`);
    set(this.asked, words(asked));
    set(this.applied, words(applied));
    this.group.parentElement.hidden = group === null;
    if (group !== null) set(this.group, words(group));
    this.paint();
  }

  paint() {
    const width = Math.round(this.gauge.clientWidth);
    const [, applied = 0, group = null] = this.values ?? [];
    const key = `${width} ${applied} ${group}`;
    if (!width || key === this.drawn) return;
    this.drawn = key;
    const { low, high } = this.about;
    const x = (value) => THUMB_PX / 2 + ((Math.min(Math.max(value, low), high) - low) / (high - low || 1)) * (width - THUMB_PX);
    const [zero, now, middle] = [x(0), x(applied), HEIGHT_PX / 2];
    this.gauge.setAttribute("viewBox", `0 0 ${width} ${HEIGHT_PX}`);
    const parts = [
      drawing("line", { class: "rule", x1: THUMB_PX / 2, x2: width - THUMB_PX / 2, y1: middle, y2: middle }),
      drawing("line", { class: "rule", x1: zero, x2: zero, y1: 2, y2: HEIGHT_PX - 2 }),
      drawing("rect", { class: "applied", x: Math.min(zero, now), y: middle - 3, width: Math.max(Math.abs(now - zero), applied ? 2 : 0), height: 6 }),
    ];
    if (group !== null) parts.push(drawing("path", { class: "group", d: `M${x(group)} ${middle - 6}l6 6-6 6-6-6z` }));
    this.gauge.replaceChildren(...parts);
  }
}
