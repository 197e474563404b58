// The page in words: facts under the headline, who is not in the dream, what happened, and the table, which
// says for everybody what the drawing says: a change of state at once, numbers once a second. Its rows are boxes
// of a known height that the browser lays out one by one, and only where they can be seen: as a true table, one
// changed number laid out all five hundred anew, which took longer than drawing everyone.

import { arrange, make, set } from "./element.js";
import { ago, clock, cutSince, grouped, isCut, isGrave, named, number, percent, span, standing } from "./words.js";

const NUMBERS_EVERY_MS = 1000;
const APART_MAX = 30;
const EVENTS_SHOWN = 60;

const at = (id) => document.getElementById(id);

export class Lists {
  constructor(view, lookInto) {
    this.view = view;
    this.lookInto = lookInto;
    this.rows = new Map();
    this.numbers_ms = 0;
    at("filter").addEventListener("input", () => this.sift());
    at("grave-only").addEventListener("change", () => this.changed());
  }

  facts(facts) {
    const told = facts.map((fact) => (typeof fact === "string" ? { words: fact } : fact));
    arrange(at("facts"), told.map((fact, i) => ({ ...fact, i })), (fact) => fact.i, (fact, old) => {
      const item = old ?? make("li");
      item.classList.toggle("grave", Boolean(fact.grave));
      set(item, fact.words);
      return item;
    });
    this.apart();
  }

  changed() {
    const graveOnly = at("grave-only").checked;
    const events = this.view.events.filter((event) => this.here(event) && (!graveOnly || isGrave(event)));
    arrange(at("events"), grouped(events).slice(-EVENTS_SHOWN).reverse(), (group) => group.key, groupItem);
    this.table();
  }

  here(event) {
    return !event.dreamscape || event.dreamscape === this.view.name;
  }

  apart() {
    const { scene, now_s, breakers } = this.view;
    const seats = (scene?.seats ?? []).filter((seat) => isCut(seat) || seat.state === "waiting" || seat.state === "left");
    const told = seats.map((seat) => ({ seat, breaker: breakers.get(seat.pod), since_s: cutSince(this.view, seat.pod) }));
    told.sort((a, b) => weight(b.seat) - weight(a.seat) || b.since_s - a.since_s);
    const shown = told.slice(0, APART_MAX);
    if (!shown.length) shown.push({ nobody: scene ? "No bed is severed or has left." : "No bed is seated." });
    if (told.length > APART_MAX) shown.push({ nobody: `and ${told.length - APART_MAX} more; the table has them all` });
    arrange(at("apart"), shown, (one) => one.seat?.pod ?? `#${one.nobody}`, (one, old) => this.apartItem(one, old, now_s));
  }

  apartItem({ seat, breaker, since_s, nobody }, old, now_s) {
    if (nobody) return old ?? make("li", nobody, { class: "nobody" });
    const item = old ?? make("li");
    if (!old) {
      const button = make("button", "", { type: "button" });
      button.append(make("span", "", { class: "mark", "aria-hidden": "true" }), make("b", named(seat)), make("span", "", { class: "why" }));
      button.addEventListener("click", () => this.lookInto(seat.pod));
      item.append(button, make("small"));
    }
    item.dataset.kind = seat.state === "left" || seat.state === "waiting" ? "away" : seat.breaker;
    set(item.querySelector(".why"), standing(seat));
    const details = [
      since_s ? ago(now_s - since_s) : "",
      comesBack(this.view.scene, seat) && breaker?.until_s > now_s ? `tries again in ${span(breaker.until_s - now_s)}` : "",
      seat.breaker === "locked" ? "waits for a person" : "",
      seat.refusal || breaker?.evidence || "",
    ];
    set(item.querySelector("small"), details.filter(Boolean).join(" · "));
    return item;
  }

  // -- the table ------------------------------------------------------------------------------------

  table() {
    const seats = this.view.scene?.seats ?? [];
    const now_ms = performance.now();
    const due = now_ms - this.numbers_ms >= NUMBERS_EVERY_MS;
    if (due) this.numbers_ms = now_ms;
    this.sweep(seats);
    for (const seat of seats) this.row(seat, due);
  }

  sweep(seats) {
    const kept = new Set(seats.map((seat) => `${this.view.name}/${seat.seat}`));
    for (const [key, row] of this.rows) {
      if (kept.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
  }

  row(seat, due) {
    const key = `${this.view.name}/${seat.seat}`;
    let row = this.rows.get(key);
    if (!row) {
      row = this.newRow(seat);
      this.rows.set(key, row);
      at("rows").append(row.element);
    }
    const state = standing(seat);
    if (!due && row.words[2] === state) return;
    const words = [
      seat.pod, seat.sleeper, state, number(seat.applied, 3), number(seat.granted, 3), percent(seat.quality), lately(seat, this.view),
      seat.breaker, number(seat.distance), number(seat.synchrony), number(seat.identity),
      seat.consent || "not known", percent(seat.dose_share),
    ];
    let changed = false;
    words.forEach((word, i) => {
      if (row.words[i] === word) return;
      row.cells[i].textContent = row.words[i] = word;
      row.cells[i].classList.toggle("unknown", word === "not known");
      changed ||= i < 3 || i === 7;
    });
    if (changed) {
      row.element.classList.toggle("cut", isCut(seat));
      this.siftRow(row);
    }
  }

  newRow(seat) {
    const element = make("tr", "", { role: "row" });
    const head = make("th", "", { scope: "row", role: "rowheader" });
    const button = make("button", "", { type: "button" });
    button.addEventListener("click", () => this.lookInto(seat.pod));
    head.append(button);
    const rest = Array.from({ length: 12 }, (_, i) => make("td", "", { role: "cell", class: [2, 3, 4, 5, 7, 8, 9, 11].includes(i) ? "n" : "" }));
    element.append(head, ...rest);
    return { element, cells: [button, ...rest], words: [] };
  }

  sift() {
    for (const row of this.rows.values()) this.siftRow(row);
  }

  siftRow(row) {
    const wanted = at("filter").value.trim().toLowerCase();
    row.element.hidden = wanted !== "" && !row.words.join(" ").toLowerCase().includes(wanted);
  }
}

// Whether this sleeper's breaker leads back into the dream: not once they have left, were woken, or it has ended.
export const comesBack = (scene, seat) => seat.breaker === "open" && seat.state !== "left" && ["dreaming", "severed"].includes(scene?.state);

const weight = (seat) => ({ locked: 3, open: 2, "half-open": 1 })[seat.breaker] ?? (seat.state === "severed" ? 2 : 0);

// How long ago the bed last spoke; a dash where it never has.
export function lately(seat, view) {
  if (seat.heard_age_s === null || seat.heard_age_s === undefined) return "-";
  return span(seat.heard_age_s + Math.max(0, view.now_s - (view.scene?.made_s ?? view.now_s)));
}

// One line for a group; its events, one by one, behind the line.
function groupItem({ words, events }, old) {
  if (events.length === 1) return old?.firstElementChild?.tagName === "TIME" ? old : eventItem(events[0]);
  const item = old?.querySelector("details") ? old : make("li");
  if (!item.firstElementChild) {
    const details = make("details");
    details.append(make("summary"), make("ol"));
    item.append(make("time", clock(events[0].at_s), { datetime: new Date(events[0].at_s * 1000).toISOString() }), details);
  }
  item.classList.toggle("grave", isGrave(events[0]));
  set(item.querySelector("summary"), words);
  arrange(item.querySelector("ol"), events, (event) => event.cursor, eventItem);
  return item;
}

export function eventItem(event, old) {
  if (old) return old;
  const item = make("li");
  item.classList.toggle("grave", isGrave(event));
  const time = make("time", clock(event.at_s), { datetime: new Date(event.at_s * 1000).toISOString() });
  const because = event.cause && !event.sentence.includes(event.cause) ? ` (${event.cause})` : "";
  const late = event.acted_s && event.at_s - event.acted_s > 2 ? ` (happened at ${clock(event.acted_s)})` : "";
  item.append(time, make("span", `${event.sentence}${because}${late}`));
  return item;
}
