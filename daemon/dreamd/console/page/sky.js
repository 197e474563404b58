// The drawing: everyone on a ray of their own, from the rim (with themselves) to the glow (the collective).
//
// A sleeper's way in is the coupling their pod applied, as a share of the ceiling. Between two ticks places
// are interpolated; when nothing moves nothing is drawn. Every mark is drawn once into a small picture and
// stamped from there, so that five hundred cost little. State is told by shape and word, colour comes after.

import { isCut, isMerged, isUnknown, named, standing } from "./words.js";

const TICK_MS = 250;
const RIPPLE_MS = 1800;
const HUES = 24;
const NAMED_MAX = 24; // everyone has a name up to this many
const LABELS_MAX = 10; // of those cut loose, among many
const TAU = 2 * Math.PI;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

export class Sky {
  constructor(canvas, choose, say) {
    this.canvas = canvas;
    this.paper = canvas.getContext("2d");
    this.choose = choose;
    this.say = say;
    this.costs = [];
    this.beds = [];
    this.byPod = new Map();
    this.ripples = new Map();
    this.isLive = false;
    this.selected = "";
    this.pointed = -1;
    this.scene = null;
    this.asked = false;
    this.frame = (now) => this.draw(now);
    new ResizeObserver(() => this.resize()).observe(canvas);
    for (const query of [dark, still]) query.addEventListener("change", () => this.restyle());
    canvas.addEventListener("pointermove", (event) => this.point(this.nearest(event)));
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("click", (event) => this.open(this.nearest(event)));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.point(-1));
    this.restyle();
  }

  // -- what arrives ---------------------------------------------------------------------------------

  tick(scene) {
    const now = performance.now();
    const seats = scene.seats.filter((seat) => seat.state !== "left" || scene.state === "ended");
    const same = this.scene?.name === scene.name;
    this.scene = scene;
    this.began = now;
    const known = same ? this.byPod : new Map();
    this.byPod = new Map();
    this.beds = seats.map((seat, i) => {
      const share = Math.min(1, Math.max(0, (seat.applied ?? 0) / (scene.ceiling || 1)));
      const bed = known.get(seat.pod) ?? { share, from: share };
      bed.from = bed.share;
      bed.to = share;
      bed.seat = seat;
      bed.index = i;
      this.byPod.set(seat.pod, bed);
      return bed;
    });
    if (this.pointed >= this.beds.length) this.pointed = -1;
    this.lay();
    this.want();
  }

  severed(pod) {
    if (!still.matches) this.ripples.set(pod, performance.now());
    this.want();
  }

  live(isLive) {
    if (isLive === this.isLive) return;
    this.isLive = isLive;
    this.want();
  }

  select(pod) {
    this.selected = pod;
    this.want();
  }

  forget() {
    this.beds = [];
    this.scene = null;
    this.want();
  }

  // -- places ---------------------------------------------------------------------------------------

  resize() {
    const box = this.canvas.getBoundingClientRect();
    this.scale = Math.min(devicePixelRatio || 1, 2);
    this.width = Math.round(box.width);
    this.height = Math.round(box.height);
    this.canvas.width = this.width * this.scale;
    this.canvas.height = this.height * this.scale;
    this.marks = new Map();
    this.lay();
    this.want();
  }

  restyle() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    this.ink = { text: of("--ink"), faint: of("--faint"), line: of("--line"), grave: of("--grave"), glow: of("--glow"), paper: of("--paper"), serif: of("--serif"), sans: of("--sans") };
    this.marks = new Map();
    this.want();
  }

  // Angles and radii of everyone; many stand in several rings so that none hides another.
  lay() {
    const n = this.beds.length;
    if (!n || !this.width) return;
    const few = n <= NAMED_MAX;
    const size = n <= 12 ? 9 : few ? 8 : n <= 80 ? 6 : n <= 200 ? 4.4 : 3.3;
    if (size !== this.size) this.marks = new Map();
    this.size = size;
    this.cx = this.width / 2;
    this.cy = this.height / 2;
    const room = few ? (this.width < 500 ? 46 : 52) : 22;
    this.rim = Math.max(40, Math.min(this.width, this.height) / 2 - room);
    this.core = this.rim * 0.42;
    const gap = 2.5 * this.size;
    const rings = Math.max(1, Math.ceil((n * gap) / (TAU * this.core * 0.98)));
    const outer = Math.max(1, Math.ceil((n * gap) / (TAU * this.rim)));
    for (const bed of this.beds) {
      const angle = (TAU * bed.index) / n - TAU / 4 + (few ? TAU / n / 2 : 0);
      bed.cos = Math.cos(angle);
      bed.sin = Math.sin(angle);
      bed.near = this.core + (rings > 1 ? ((bed.index % rings) - (rings - 1) / 2) * gap * 0.92 : 0);
      bed.far = this.rim + (outer > 1 ? ((bed.index % outer) - (outer - 1) / 2) * gap : 0);
    }
  }

  move(now) {
    const t = still.matches || !this.isLive ? 1 : Math.min(1, (now - this.began) / TICK_MS);
    let moving = false;
    for (const bed of this.beds) {
      bed.share = bed.from + (bed.to - bed.from) * t;
      moving ||= Math.abs(bed.to - bed.share) > 1e-4;
      const r = bed.far + (bed.near - bed.far) * bed.share;
      bed.x = this.cx + r * bed.cos;
      bed.y = this.cy + r * bed.sin;
    }
    return moving;
  }

  // -- drawing --------------------------------------------------------------------------------------

  want() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(this.frame);
  }

  draw(now) {
    this.asked = false;
    const began = performance.now();
    const paper = this.paper;
    paper.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    paper.clearRect(0, 0, this.width, this.height);
    if (!this.beds.length || !this.width) return;
    const moving = this.move(now);
    paper.globalAlpha = this.isLive ? 1 : 0.3;
    this.ground(paper);
    this.threads(paper);
    for (const bed of this.beds) this.stamp(paper, bed);
    if (this.beds.length <= 80 && this.isLive) this.qualities(paper);
    const rippling = this.rings(paper, now);
    this.labels(paper);
    paper.globalAlpha = 1;
    this.costs.push(performance.now() - began);
    if (this.costs.length > 600) this.costs.shift();
    if (moving || rippling) this.want();
  }

  ground(paper) {
    const unknown = this.beds.filter((bed) => isUnknown(bed.seat)).length;
    const merged = unknown && unknown === this.beds.length ? "?" : this.beds.filter((bed) => isMerged(bed.seat)).length;
    const together = this.beds.reduce((sum, bed) => sum + bed.share, 0) / this.beds.length;
    const { cx, cy, rim, core } = this;
    const glow = paper.createRadialGradient(cx, cy, 0, cx, cy, core * 1.75);
    const strength = this.isLive ? 0.1 + 0.9 * together : 0;
    const stop = (at, alpha) => glow.addColorStop(at, `rgb(${this.ink.glow} / ${alpha * strength})`);
    stop(0, 0.42);
    stop(0.45, 0.2);
    stop(1, 0);
    paper.fillStyle = glow;
    paper.beginPath();
    paper.arc(cx, cy, core * 1.75, 0, TAU);
    paper.fill();
    paper.strokeStyle = this.ink.line;
    paper.lineWidth = 1;
    paper.setLineDash([1, 6]);
    paper.lineCap = "round";
    paper.beginPath();
    paper.arc(cx, cy, rim, 0, TAU);
    paper.moveTo(cx + core, cy);
    paper.arc(cx, cy, core, 0, TAU);
    paper.stroke();
    paper.setLineDash([]);
    this.middle(paper, merged);
  }

  // How many are merged, and the two words of the scale: collective in the middle, self at the rim.
  middle(paper, merged) {
    const { cx, cy, rim, core } = this;
    const big = Math.round(core * (this.beds.length <= 80 ? 0.58 : 0.4));
    const small = Math.max(11, Math.round(core * 0.15));
    paper.textAlign = "center";
    paper.textBaseline = "alphabetic";
    paper.fillStyle = this.ink.text;
    paper.font = `${big}px ${this.ink.serif}`;
    if (this.isLive) paper.fillText(String(merged), cx, cy + big * 0.24);
    paper.fillStyle = this.ink.faint;
    paper.font = `italic ${small}px ${this.ink.serif}`;
    if (core > 48 && this.isLive) paper.fillText("collective", cx, cy + big * 0.24 + small * 1.6);
    paper.textBaseline = "middle";
    const word = "self";
    const wide = paper.measureText(word).width + 12;
    paper.clearRect(cx - wide / 2, cy - rim - small / 2, wide, small);
    paper.fillText(word, cx, cy - rim);
  }

  threads(paper) {
    paper.lineWidth = this.beds.length <= NAMED_MAX ? 1.6 : this.beds.length <= 120 ? 1 : 0.6;
    const groups = new Map();
    for (const bed of this.beds) {
      if (!(bed.share > 0.01)) continue;
      const hue = this.hue(bed);
      if (!groups.has(hue)) groups.set(hue, []);
      groups.get(hue).push(bed);
    }
    const alpha = paper.globalAlpha;
    paper.globalAlpha = alpha * (this.beds.length <= NAMED_MAX ? 0.5 : this.beds.length <= 120 ? 0.4 : 0.28);
    for (const [hue, beds] of groups) {
      paper.strokeStyle = this.tint(hue);
      paper.beginPath();
      for (const bed of beds) {
        paper.moveTo(this.cx + bed.far * bed.cos, this.cy + bed.far * bed.sin);
        paper.lineTo(bed.x, bed.y);
      }
      paper.stroke();
    }
    paper.globalAlpha = alpha;
    if (this.beds.length <= NAMED_MAX) this.homes(paper);
  }

  // Where each of them is with themselves: a point on the rim that stays theirs.
  homes(paper) {
    paper.fillStyle = this.ink.line;
    paper.beginPath();
    for (const bed of this.beds) {
      const [x, y] = [this.cx + bed.far * bed.cos, this.cy + bed.far * bed.sin];
      paper.moveTo(x + 3, y);
      paper.arc(x, y, 3, 0, TAU);
    }
    paper.fill();
  }

  stamp(paper, bed) {
    const mark = this.mark(shape(bed.seat), this.hue(bed));
    const side = mark.width / this.scale;
    paper.drawImage(mark, bed.x - side / 2, bed.y - side / 2, side, side);
  }

  // An arc around each: as far round as the signal is good.
  qualities(paper) {
    paper.lineWidth = 1.4;
    paper.lineCap = "round";
    for (const bed of this.beds) {
      const quality = bed.seat.quality;
      if (quality === null || isCut(bed.seat)) continue;
      paper.strokeStyle = this.tint(this.hue(bed));
      paper.globalAlpha = 0.55;
      paper.beginPath();
      paper.arc(bed.x, bed.y, this.size + 4, -TAU / 4, -TAU / 4 + TAU * Math.min(1, quality));
      paper.stroke();
    }
    paper.globalAlpha = 1;
  }

  rings(paper, now) {
    for (const [pod, began] of this.ripples) {
      const t = (now - began) / RIPPLE_MS;
      const bed = this.byPod.get(pod);
      if (t >= 1 || !bed) {
        this.ripples.delete(pod);
        continue;
      }
      paper.strokeStyle = this.ink.grave;
      paper.globalAlpha = Math.max(0, 1 - t) * 0.8;
      paper.lineWidth = 2;
      paper.beginPath();
      paper.arc(bed.x, bed.y, this.size + 4 + 34 * Math.sqrt(Math.max(0, t)), 0, TAU);
      paper.stroke();
    }
    paper.globalAlpha = this.isLive ? 1 : 0.3;
    for (const bed of this.beds) {
      const chosen = bed.seat.pod === this.selected;
      if (!chosen && bed.index !== this.pointed) continue;
      paper.strokeStyle = this.ink.text;
      paper.lineWidth = chosen ? 2 : 1.2;
      paper.setLineDash(chosen ? [] : [3, 3]);
      paper.beginPath();
      paper.arc(bed.x, bed.y, this.size + 8, 0, TAU);
      paper.stroke();
      paper.setLineDash([]);
    }
    return this.ripples.size > 0;
  }

  labels(paper) {
    const all = this.beds.length <= NAMED_MAX;
    const taken = [];
    let room = LABELS_MAX;
    for (const bed of this.beds) {
      const special = bed.seat.pod === this.selected || bed.index === this.pointed;
      if (all) this.nameOutside(paper, bed);
      else if (special || (isCut(bed.seat) && room-- > 0)) this.nameInside(paper, bed, taken);
    }
  }

  nameOutside(paper, bed) {
    const cut = isCut(bed.seat);
    const small = this.width < 500;
    const away = this.size + 12;
    const x = this.cx + (bed.far + away) * bed.cos;
    const y = this.cy + (bed.far + away) * bed.sin;
    paper.textAlign = bed.cos > 0.25 ? "left" : bed.cos < -0.25 ? "right" : "center";
    paper.textBaseline = bed.sin > 0.85 ? "top" : bed.sin < -0.85 ? "bottom" : "middle";
    const line = small ? 13 : 16;
    const under = bed.sin < -0.85 ? [-line, 0] : bed.sin > 0.85 ? [0, line] : [-line / 2, line / 2];
    const word = cut ? bed.seat.cause || bed.seat.breaker : "";
    const name = bed.seat.sleeper || bed.seat.pod;
    const below = word && small ? word : bed.seat.sleeper ? `${bed.seat.pod}${word ? ` · ${word}` : ""}` : word;
    this.label(paper, name, x, y + under[0], `${small ? 12 : 15}px ${this.ink.serif}`, cut ? this.ink.grave : this.ink.text);
    this.label(paper, below, x, y + under[1], `${small ? 10.5 : 12}px ${this.ink.sans}`, cut ? this.ink.grave : this.ink.faint);
  }

  // Text that does not leave the drawing at its sides.
  label(paper, words, x, y, font, colour) {
    paper.font = font;
    paper.fillStyle = colour;
    const wide = paper.measureText(words).width + 1;
    const [before, after] = { left: [0, wide], right: [wide, 0], center: [wide / 2, wide / 2] }[paper.textAlign];
    paper.fillText(words, Math.max(before, Math.min(this.width - after, x)), y);
  }

  nameInside(paper, bed, taken) {
    const words = isCut(bed.seat) ? `${bed.seat.pod} ${bed.seat.cause || bed.seat.breaker}` : bed.seat.pod;
    paper.font = `12px ${this.ink.sans}`;
    paper.textBaseline = "middle";
    const inward = this.size + 10;
    const left = bed.cos > 0;
    paper.textAlign = left ? "right" : "left";
    const x = bed.x - inward * bed.cos;
    const y = bed.y - inward * bed.sin;
    if (taken.some((other) => Math.abs(other.y - y) < 14 && Math.abs(other.x - x) < 110)) return;
    taken.push({ x, y });
    paper.lineWidth = 4;
    paper.lineJoin = "round";
    paper.strokeStyle = this.ink.paper;
    paper.strokeText(words, x, y);
    paper.fillStyle = isCut(bed.seat) ? this.ink.grave : this.ink.text;
    paper.fillText(words, x, y);
  }

  hue(bed) {
    return Math.round(((HUES - 1) * bed.index) / Math.max(1, this.beds.length - 1));
  }

  // Gold through rose and violet to sea green, as in the picture that is kept of the night.
  tint(hue) {
    const degrees = (((0.11 - (0.72 * hue) / (HUES - 1)) % 1) + 1) * 360;
    return dark.matches ? `hsl(${degrees} 74% 72%)` : `hsl(${degrees} 62% 38%)`;
  }

  mark(kind, hue) {
    const name = kind === "cut" || kind === "locked" ? kind : `${kind}${hue}`;
    const found = this.marks.get(name);
    if (found) return found;
    const r = this.size;
    const side = Math.ceil((2 * r + 12) * this.scale);
    const picture = new OffscreenCanvas(side, side);
    const paper = picture.getContext("2d");
    paper.scale(this.scale, this.scale);
    paper.translate(side / this.scale / 2, side / this.scale / 2);
    paint(paper, kind, r, kind === "cut" || kind === "locked" ? this.ink.grave : this.tint(hue), this.ink.paper);
    const bitmap = picture.transferToImageBitmap();
    this.marks.set(name, bitmap);
    return bitmap;
  }

  // -- pointing -------------------------------------------------------------------------------------

  nearest(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = -1;
    let least = Math.max(16, this.size * 2.4) ** 2;
    for (const bed of this.beds) {
      const away = (bed.x - x) ** 2 + (bed.y - y) ** 2;
      if (away < least) [best, least] = [bed.index, away];
    }
    return best;
  }

  point(index) {
    if (index === this.pointed) return;
    this.pointed = index;
    this.canvas.classList.toggle("pointing", index >= 0);
    const seat = this.beds[index]?.seat;
    this.canvas.title = seat ? `${named(seat)}: ${standing(seat)}` : "";
    this.want();
  }

  open(index) {
    const seat = this.beds[index]?.seat;
    if (seat) this.choose(seat.pod);
  }

  key(event) {
    const n = this.beds.length;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!n || (!step && !["Home", "End", "Enter", " "].includes(event.key))) return;
    event.preventDefault();
    if (event.key === "Enter" || event.key === " ") return this.open(this.pointed);
    const to = event.key === "Home" ? 0 : event.key === "End" ? n - 1 : this.pointed < 0 ? (step > 0 ? 0 : n - 1) : (this.pointed + step + n) % n;
    this.point(to);
    const seat = this.beds[to].seat;
    this.say(`${named(seat)}: ${standing(seat)}`);
  }
}

function shape(seat) {
  if (seat.breaker === "locked") return "locked";
  if (seat.breaker === "half-open") return "half";
  if (isCut(seat)) return "cut";
  if (isUnknown(seat)) return "away";
  if (seat.state === "waiting" || seat.state === "left") return "away";
  return seat.quality !== null && !(seat.quality >= 0.4) ? "poor" : "well";
}

function paint(paper, kind, r, colour, ground) {
  paper.fillStyle = paper.strokeStyle = colour;
  paper.lineWidth = Math.max(1, r * 0.24);
  paper.beginPath();
  if (kind === "well") {
    paper.shadowColor = colour;
    paper.shadowBlur = r * 1.2;
    paper.arc(0, 0, r * 0.82, 0, TAU);
    paper.fill();
    return;
  }
  if (kind === "locked") {
    paper.rect(-r * 0.85, -r * 0.85, r * 1.7, r * 1.7);
    paper.moveTo(-r * 0.85, -r * 0.85);
    paper.lineTo(r * 0.85, r * 0.85);
    paper.moveTo(r * 0.85, -r * 0.85);
    paper.lineTo(-r * 0.85, r * 0.85);
    return paper.stroke();
  }
  paper.arc(0, 0, kind === "away" ? r * 0.5 : r * 0.85, 0, TAU);
  paper.fillStyle = ground;
  paper.fill();
  paper.stroke();
  paper.beginPath();
  if (kind === "cut") {
    paper.moveTo(-r * 1.15, r * 1.15);
    paper.lineTo(r * 1.15, -r * 1.15);
    paper.stroke();
  } else if (kind === "half") {
    paper.fillStyle = colour;
    paper.arc(0, 0, r * 0.85, -TAU / 4, TAU / 4);
    paper.fill();
  }
}
