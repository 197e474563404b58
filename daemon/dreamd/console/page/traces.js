// The crowd over the last five minutes: synchrony and identity, each with the lines at which it halves or
// severs. What is not known leaves a gap and is said to be not known. Kept here, since the page was opened.

import { make, set } from "./element.js";
import { number } from "./words.js";

const KEPT_S = 300;
const dark = matchMedia("(prefers-color-scheme: dark)");

const least = (values) => (values.length ? Math.min(...values) : null);
const most = (values) => (values.length ? Math.max(...values) : null);
const known = (values) => values.filter((value) => value !== null);

// above: the line is crossed upwards. of: the value at a tick; line: a limit that moves with the ticks.
// why: when a value is not known.
const KINDS = [
  { key: "synchrony_z", title: "Synchrony", unit: "z of the strongest band; 0: as by chance", why: "needs two sleepers and ten seconds", low: -2, high: 6, above: true, of: ({ crowd }) => most(known(crowd.synchrony.map((one) => one.z))) },
  { key: "dispersion", title: "Spread", unit: "of the sleepers; 1: as at the start", why: "needs eight sleepers and their first minute", low: 0, high: 1.6, of: ({ crowd }) => crowd.dispersion_ratio },
  { key: "rank", title: "Diversity", unit: "effective rank; 1: as at the start", why: "needs eight sleepers and their first minute", low: 0.5, high: 1.1, of: ({ crowd }) => crowd.rank_ratio },
  { key: "identity", title: "Identity", unit: "of the least individual sleeper; 1: as at the start", why: "needs each sleeper's first minute", low: 0, high: 1.2, of: (_tick, seats) => least(known(seats.map((seat) => seat.identity))) },
  { key: "energy", title: "Loop energy", unit: "what comes back of what is given", why: "needs ten seconds of coupling", low: 0, high: 2, above: true, of: ({ crowd }) => crowd.energy, line: ({ crowd }) => crowd.energy_limit },
];

export class Traces {
  // keys: of the kinds that this page draws; without them all.
  constructor(place, keys) {
    this.lines = {};
    this.points = [];
    this.kinds = keys ? KINDS.filter((kind) => keys.includes(kind.key)) : KINDS;
    this.charts = this.kinds.map((kind) => {
      const figure = make("figure");
      const caption = make("figcaption");
      const value = make("span", "not known", { class: "value" });
      const unit = make("span", kind.unit, { class: "unit" });
      caption.append(make("span", kind.title, { class: "title" }), value, unit);
      const canvas = make("canvas", "", { role: "img", "aria-label": `${kind.title}: not known` });
      figure.append(caption, canvas);
      place.append(figure);
      return { kind, canvas, value, unit };
    });
    dark.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(place);
    this.draw();
  }

  limits(lines) {
    this.lines = lines;
  }

  forget() {
    this.points = [];
    this.draw();
  }

  tick(scene, now_s) {
    const at_s = scene.tick.instant_s;
    const values = this.kinds.map((kind) => kind.of(scene.tick, scene.seats));
    const moving = this.kinds.map((kind) => kind.line?.(scene.tick) ?? null);
    this.points.push({ at_s, values, moving });
    const first = this.points.findIndex((point) => now_s - point.at_s <= KEPT_S);
    if (first > 0) this.points.splice(0, first);
    if (!this.asked) {
      this.asked = true;
      requestAnimationFrame(() => {
        this.asked = false;
        this.draw();
      });
    }
  }

  draw() {
    const style = getComputedStyle(document.documentElement);
    const ink = (name) => style.getPropertyValue(name).trim();
    const colours = { line: ink("--trace"), faint: ink("--faint"), rule: ink("--line"), halve: ink("--warn"), sever: ink("--grave"), sans: ink("--sans") };
    this.charts.forEach((chart, i) => this.chart(chart, i, colours));
  }

  chart({ kind, canvas, value, unit }, i, colours) {
    const last = this.points.at(-1)?.values[i] ?? null;
    const words = number(last);
    set(value, words);
    value.classList.toggle("unknown", last === null);
    set(unit, last === null ? `${kind.unit}; ${kind.why}` : kind.unit);
    const lines = Object.entries(this.lines[kind.key] ?? {});
    const moving = this.points.at(-1)?.moving[i] ?? null;
    if (moving !== null) lines.push(["halve", moving]);
    const label = `${kind.title}, ${kind.unit}: ${words}${lines.map(([act, at]) => `; ${act}s ${kind.above ? "above" : "below"} ${at.toFixed(2)}`).join("")}`;
    if (canvas.getAttribute("aria-label") !== label) canvas.setAttribute("aria-label", label);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    const scale = Math.min(devicePixelRatio || 1, 2);
    if (canvas.width !== Math.round(width * scale)) [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
    const paper = canvas.getContext("2d");
    paper.setTransform(scale, 0, 0, scale, 0, 0);
    paper.clearRect(0, 0, width, height);
    const seen = known(this.points.map((point) => point.values[i]));
    const high = Math.max(kind.high, ...seen, moving === null ? 0 : moving * 1.2);
    const low = Math.min(kind.low, ...seen);
    const y = (v) => height - 6 - ((v - low) / (high - low)) * (height - 12);
    paper.fillStyle = colours.rule;
    paper.fillRect(0, height - 1, width, 1);
    this.rules(paper, lines, y, width, colours);
    const end_s = this.points.at(-1)?.at_s ?? 0;
    const x = (at_s) => width - 5 - ((end_s - at_s) / KEPT_S) * (width - 8);
    this.trace(paper, i, x, y, colours);
    if (last !== null) {
      paper.fillStyle = colours.line;
      paper.beginPath();
      paper.arc(x(end_s), y(last), 3, 0, 7);
      paper.fill();
    }
  }

  rules(paper, lines, y, width, colours) {
    paper.font = `10.5px ${colours.sans}`;
    paper.textBaseline = "bottom";
    paper.textAlign = "left";
    for (const [act, at] of lines) {
      paper.strokeStyle = paper.fillStyle = act === "sever" ? colours.sever : colours.halve;
      paper.setLineDash(act === "sever" ? [] : [5, 4]);
      paper.lineWidth = 1;
      paper.beginPath();
      paper.moveTo(0, y(at));
      paper.lineTo(width, y(at));
      paper.stroke();
      const isLower = act === "sever" && lines.length > 1;
      paper.textBaseline = isLower ? "top" : "bottom";
      paper.fillText(`${act} ${at.toFixed(2).replace(/\.?0+$/, "").replace(/^0\./, ".")}`, 2, y(at) + (isLower ? 2 : -1));
    }
    paper.setLineDash([]);
  }

  trace(paper, i, x, y, colours) {
    paper.strokeStyle = colours.line;
    paper.lineWidth = 1.5;
    paper.lineJoin = "round";
    paper.beginPath();
    let pen = false;
    let before_s = 0;
    for (const { at_s, values } of this.points) {
      const value = values[i];
      if (value === null) {
        pen = false;
        continue;
      }
      const joined = pen && at_s - before_s < 2;
      if (joined) paper.lineTo(x(at_s), y(value));
      else paper.moveTo(x(at_s), y(value));
      pen = true;
      before_s = at_s;
    }
    paper.stroke();
  }
}
