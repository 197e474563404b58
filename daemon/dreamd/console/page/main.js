// The page: asks for what is newer than what it has drawn, and tells its parts.
//
// It asks again only when the last answer is on the screen, so a slow browser gets fewer ticks and never an
// older one. The daemon answers within a second even if nothing is new: silence for SILENCE_MS is "no
// connection", and what is drawn is veiled. A tick older than 1.5 s is stale, whatever the connection says.

import { set } from "./element.js";
import { House } from "./house.js";
import { Lists } from "./lists.js";
import { AGAIN_MS, HEADER, SILENCE_MS, drawn, look, pause } from "./look.js";
import { Orders } from "./orders.js";
import { Sky } from "./sky.js";
import { Sleeper } from "./sleeper.js";
import { Traces } from "./traces.js";
import { heard as isHeard, isCut, isGrave, overdue, situation, span } from "./words.js";

const EVENTS_KEPT = 400;

const at = (id) => document.getElementById(id);

const view = {
  link: "connecting", // live | lost | hung | refused | broken
  refusal: "",
  name: "", // of the Dreamscape looked at
  pod: "", // looked into
  house: null,
  scene: null, // with seats as objects
  events: [],
  breakers: new Map(),
  lastCut: new Map(), // pod: when it was last cut, by the journal
  grantedAt: new Map(), // seat: when it last had a grant
  overdue: [],
  bed: null,
  bedBreaker: null,
  now_s: 0,
  age_s: Infinity,
  silent_s: 0,
  stale: false,
};
let cursor = null;
let heard = { at_ms: performance.now(), now_s: 0 };
let wishes = new AbortController(); // aborted when something else is to be looked at

const sky = new Sky(at("sky"), (seat) => lookInto(seat), (words) => say(words));
const traces = new Traces(at("traces"));
const house = new House(view, (name) => go(name), (pod) => lookInto(pod));
const lists = new Lists(view, (pod) => lookInto(pod));
const sleeper = new Sleeper(view, () => lookInto(""));
const orders = new Orders(view, HEADER);

async function follow() {
  for (;;) {
    const wish = wishes.signal;
    const told = await look({ dreamscape: view.name, pod: view.pod, house: view.house?.number ?? "", scene: view.scene?.number ?? "", cursor: cursor ?? "" }, wish);
    if (wish.aborted) continue;
    try {
      if (typeof told === "string") lose(told);
      else if (told.refused) lose("refused", told.refused);
      else take(told);
    } catch (error) {
      console.error(error);
      lose("broken");
    }
    await (view.link === "live" ? drawn() : pause(AGAIN_MS));
  }
}

function take(told) {
  heard = { at_ms: performance.now(), now_s: told.now_s };
  const was = view.link;
  view.link = "live";
  if (told.house) takeHouse(told.house);
  if (told.missed || was !== "live") view.events = []; // the last ones come anew
  takeEvents(told.events, cursor !== null && was === "live");
  cursor = told.cursor;
  view.bed = told.pod;
  view.bedBreaker = told.breaker;
  if (told.scene) takeScene(told.scene);
  if (told.trouble && !told.scene) view.scene = null;
  clock();
  lists.changed();
  sleeper.changed();
  if (was !== "live" && was !== "connecting") say("The daemon answers again.");
}

function takeHouse(house) {
  view.house = house;
  traces.limits(house.limits);
  const names = house.dreamscapes.map((one) => one.name);
  if (!names.includes(view.name)) choose(wanted(names) ?? worst(house.dreamscapes)?.name ?? "");
  at("choice").hidden = names.length < 1;
  const chooser = at("chooser");
  const options = house.dreamscapes.map((one) => `${one.name} · ${one.state}`);
  if (chooser.dataset.shown !== options.join()) {
    chooser.dataset.shown = options.join();
    chooser.replaceChildren(...house.dreamscapes.map((one, i) => new Option(options[i], one.name)));
  }
  chooser.value = view.name;
}

// The one a person should look at first: the daemon ranks them, the newest of those that are alike.
function worst(dreamscapes) {
  return dreamscapes.reduce((found, one) => (found && found.rank <= one.rank ? found : one), undefined);
}

function wanted(names) {
  return names.find((name) => `#${encodeURIComponent(name)}` === location.hash);
}

function choose(name) {
  if (name === view.name) return;
  view.name = name;
  view.scene = null;
  view.pod = "";
  view.grantedAt.clear();
  sleeper.shut();
  sky.select("");
  sky.forget();
  traces.forget();
  wishes.abort();
  wishes = new AbortController();
}

function takeScene(told) {
  const { columns, rows, ...scene } = told;
  if (scene.name !== view.name) return;
  const before = view.scene?.tick;
  scene.seats = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  view.scene = scene;
  grow();
  view.breakers = new Map(scene.breakers.map((one) => [one.pod, one]));
  for (const seat of scene.seats) if (seat.granted > 0 || !(seat.applied > 0)) view.grantedAt.set(seat.seat, told_now());
  sky.tick(scene);
  if (scene.tick && (before?.tick !== scene.tick.tick || before?.term !== scene.tick.term)) traces.tick(scene, heard.now_s);
}

function takeEvents(events, isNew) {
  for (const event of events) {
    view.events.push(event);
    if (event.pod && (event.kind === "severed" || event.kind === "breaker-tripped" || event.kind === "latched" || event.kind === "left")) {
      view.lastCut.set(event.pod, event.at_s);
      if (isNew && event.kind === "severed") sky.severed(event.pod);
    }
    if (isNew && isGrave(event)) say(event.sentence);
  }
  if (view.events.length > EVENTS_KEPT) view.events.splice(0, view.events.length - EVENTS_KEPT);
}

function lose(link, refusal = "") {
  if (view.link === link) return;
  view.link = link;
  view.refusal = refusal;
  cursor = null;
  // Another daemon counts anew.
  view.house = view.house && { ...view.house, number: "" };
  view.scene = view.scene && { ...view.scene, number: "" };
  clock();
  const { headline, facts } = situation(view);
  at("alarm").textContent = [headline, ...facts].join(" ");
}

// How old each bed's last word is by now.
function grow() {
  const alone_s = view.house?.limits.alone_s ?? 1.5;
  const since_s = told_now() - (view.scene?.made_s ?? 0);
  for (const seat of view.scene?.seats ?? []) seat.known = isHeard(seat, since_s, alone_s);
}

const told_now = () => heard.now_s + (performance.now() - heard.at_ms) / 1000;

// Four times a second, ticks or none: how old is what is shown?
function clock() {
  view.silent_s = (performance.now() - heard.at_ms) / 1000;
  if (view.link === "live" && view.silent_s * 1000 > SILENCE_MS + 500) lose("lost");
  view.now_s = told_now();
  grow();
  const tick = view.scene?.tick;
  view.age_s = tick ? Math.max(0, view.now_s - tick.instant_s) : Infinity;
  const ticking = tick && ["dreaming", "severed", "waking"].includes(view.scene.state);
  view.stale = Boolean(ticking) && !(view.age_s <= 1.5);
  view.overdue = view.link === "live" && view.scene ? overdue(view.scene.seats, view.grantedAt, view.now_s, view.house?.limits.alone_s ?? 1.5) : [];
  const live = view.link === "live" && !view.stale;
  const age = at("age");
  const words = view.link !== "live" ? (view.link === "connecting" ? "connecting" : `heard ${span(view.silent_s)} ago`) : ticking ? `tick ${view.age_s.toFixed(1)} s ago` : "connected, no ticks";
  set(age, words);
  age.classList.toggle("grave", !live && view.link !== "connecting");
  sky.live(live);
  const veil = at("veil");
  veil.hidden = live || !view.scene;
  if (!veil.hidden) set(veil, `Not live. As it was ${span(view.stale && view.link === "live" ? view.age_s : view.silent_s)} ago.`);
  document.body.dataset.live = String(live);
  tell();
}

function tell() {
  const now = situation(view);
  at("verdict").dataset.level = now.level;
  set(at("verdict-word"), now.word);
  set(at("headline"), now.headline);
  lists.facts(now.facts);
  house.changed();
  orders.changed();
  const cut = view.scene?.seats.filter(isCut).length ?? 0;
  const title = now.level === "grave" ? `▲ ${now.word} · dreamd` : cut ? `◐ ${cut} cut · dreamd` : "dreamd";
  if (document.title !== title) document.title = title;
}

let pending = [];
let speaking = 0;
function say(words) {
  pending.push(words);
  if (speaking) return;
  speaking = setTimeout(() => {
    const [first, second, ...rest] = pending;
    set(at("said"), [first, second, rest.length ? `${rest.length} more.` : ""].filter(Boolean).join(". "));
    pending = [];
    speaking = 0;
  }, 700);
}

function lookInto(pod) {
  if (pod === view.pod) return sleeper.focus();
  const from = document.activeElement;
  view.pod = pod;
  view.bed = view.bedBreaker = null;
  sky.select(pod);
  sleeper.open(pod, from);
  wishes.abort();
  wishes = new AbortController();
}

function go(name) {
  location.hash = encodeURIComponent(name);
  choose(name);
}

at("chooser").addEventListener("change", (event) => go(event.target.value));
addEventListener("hashchange", () => {
  const name = wanted(view.house?.dreamscapes.map((one) => one.name) ?? []);
  if (name) choose(name);
});
setInterval(clock, 250);
follow();

// For who measures: what drawing costs, in milliseconds of script a frame.
globalThis.dreamd = { costs: () => sky.costs.slice(), drawnTick: () => view.scene?.tick?.tick ?? 0 };
