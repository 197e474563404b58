// The artist's page: the group as it is, what the artist asks, what is applied, and what stops it.
//
// A lead lives by this page alone. Each request carries the sliders as they stand, and the console answers at a steady
// pace, so the page sends on without a timer, also in a tab out of sight. A page that fails or is closed sends nothing,
// and the lead has no share a second later. It never goes on by itself: a hand begins it anew.

import { arrange, make, set } from "./element.js";
import { eventItem } from "./lists.js";
import { AGAIN_MS, HEADER, SILENCE_MS, drawn, look, pause } from "./look.js";
import { Orders } from "./orders.js";
import { Slider } from "./stage_slider.js";
import { applied, bandsOf, groupFacts, headline, ownFacts, shareWords, signed, slewWords, stops, synchronyOf } from "./stage_words.js";
import { Traces } from "./traces.js";
import { heard as isHeard, span, standing } from "./words.js";

const EVENTS_SHOWN = 12;
const LIVE = ["dreaming", "severed", "gathering", "planned", "waking"];
const FIRST_SHARE = 0.1;
const WAITING = "One moment.";
const at = (id) => document.getElementById(id);

const stage = {
  link: "connecting", refusal: "", name: "", pod: "", house: null, scene: null, own: null, events: [], breakers: new Map(),
  may: { lead: false, sever: true, wake: true, release: true }, ownName: "", schemas: {}, slews: {}, fresh_s: 1,
  leading: false, asked: { vector: [], share: 0 }, size: 0, now_s: 0, age_s: Infinity, stale: false,
};
const self = crypto.randomUUID?.() ?? `page-${Math.random().toString(36).slice(2)}`;
let cursor = null;
let heard = { at_ms: performance.now(), now_s: 0 };
let wishes = new AbortController();
let sliders = [];
let share = null;
let shownSchema = "";
let drawing = 0;
let turn = 0; // of the leads of this page

const orders = new Orders(stage, HEADER);
const traces = new Traces(at("traces"), ["synchrony_z", "dispersion", "rank", "energy"]);

function say(words, grave = "") {
  set(at("outcome"), words);
  at("outcome").classList.remove("grave"); // of an order before
  set(at("alarm"), grave);
}

// -- following ---------------------------------------------------------------------------------------

async function follow() {
  for (;;) {
    const wish = wishes.signal;
    const told = await look({ dreamscape: stage.name, pod: "", house: stage.house?.number ?? "", scene: stage.scene?.number ?? "", cursor: cursor ?? "" }, wish);
    if (wish.aborted) continue;
    if (told.code === "SIGNED_OUT") return location.reload();
    try {
      if (typeof told === "string") lose(told);
      else if (told.refused) lose("refused", told.refused);
      else take(told);
    } catch (error) {
      console.error(error);
      return fail();
    }
    await (stage.link === "live" ? drawn() : pause(AGAIN_MS));
  }
}

// A page that cannot draw what is so sends no further request, so its lead ends.
function fail() {
  stage.leading = false;
  set(at("headline"), "This page has failed; load it anew");
  set(at("alarm"), "This page leads no more.");
  document.body.dataset.live = "false";
  clearInterval(drawing);
}

function lose(link, refusal = "") {
  stage.link = link;
  stage.refusal = refusal;
  cursor = null;
  stage.house = stage.house && { ...stage.house, number: "" };
  stage.scene = stage.scene && { ...stage.scene, number: "" };
  draw();
}

function take(told) {
  heard = { at_ms: performance.now(), now_s: told.now_s };
  if (told.missed || stage.link !== "live") stage.events = [];
  stage.link = "live";
  stage.events.push(...told.events);
  stage.events.splice(0, stage.events.length - 200);
  cursor = told.cursor;
  if (told.house) takeHouse(told.house);
  if (told.scene && told.scene.name === stage.name) takeScene(told.scene);
  else if (told.trouble) stage.scene = null;
  draw();
}

function takeHouse(house) {
  stage.house = house;
  traces.limits(house.limits);
  const names = house.dreamscapes.filter((one) => LIVE.includes(one.state)).map((one) => one.name);
  const wanted = names.find((name) => `#${encodeURIComponent(name)}` === location.hash);
  const dreaming = house.dreamscapes.find((one) => one.state === "dreaming")?.name;
  if (!names.includes(stage.name)) choose(wanted ?? dreaming ?? names[0] ?? "");
  at("choice").hidden = names.length < 2;
  const chooser = at("chooser");
  if (chooser.dataset.shown !== names.join()) {
    chooser.dataset.shown = names.join();
    chooser.replaceChildren(...names.map((name) => new Option(name, name)));
  }
  chooser.value = stage.name;
}

function takeScene({ columns, rows, ...scene }) {
  const before = stage.scene?.tick;
  scene.seats = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  stage.scene = scene;
  stage.breakers = new Map(scene.breakers.map((one) => [one.pod, one]));
  stage.own = (stage.ownName && scene.seats.find((seat) => seat.sleeper === stage.ownName && seat.state !== "left")) || null;
  stage.pod = stage.own?.pod ?? "";
  build();
  if (scene.tick && (before?.tick !== scene.tick.tick || before?.term !== scene.tick.term)) traces.tick(scene, heard.now_s);
}

function choose(name) {
  if (name === stage.name) return;
  if (stage.leading) giveUp(`You lead ${stage.name} no more: this page shows another Dreamscape.`);
  Object.assign(stage, { name, scene: null, own: null, pod: "", events: [] });
  cursor = null;
  traces.forget();
  wishes.abort();
  wishes = new AbortController();
}

// -- drawing -----------------------------------------------------------------------------------------

// The sliders of the Dreamscape's schema; built once for each.
function build() {
  const { schema, artist_share_most: most } = stage.scene;
  if (schema !== shownSchema && stage.schemas[schema]) {
    shownSchema = schema;
    const bands = bandsOf(stage.schemas[schema]);
    stage.size = bands.length * stage.schemas[schema].regions.length;
    stage.asked.vector = Array(stage.size).fill(0);
    sliders = Array(stage.size);
    at("bands").replaceChildren(...bands.map(({ band, features }) => {
      const part = make("fieldset");
      const legend = make("legend", band);
      legend.append(make("small", "", { "data-band": band }));
      part.append(legend);
      for (const { region, at: place } of features) {
        sliders[place] = new Slider(part, { id: `f${place}`, name: region, label: `${band} ${region}`, low: -stage.limit, high: stage.limit, step: 0.1, words: signed }, (value) => { stage.asked.vector[place] = value; draw(); });
      }
      return part;
    }));
  }
  if (!share) {
    share = new Slider(at("share-row"), { id: "share", name: "Share of the blend", label: "Share of the blend", low: 0, high: 0.5, step: 0.01, words: shareWords }, (value) => { stage.asked.share = value; draw(); });
    stage.asked.share = Math.min(FIRST_SHARE, most ?? 0);
  }
  share.reach(most ?? 0);
  stage.asked.share = Math.min(stage.asked.share, most ?? 0);
}

function clock() {
  const silent_ms = performance.now() - heard.at_ms;
  if (stage.link === "live" && silent_ms > SILENCE_MS + 500) return lose("lost");
  stage.now_s = heard.now_s + silent_ms / 1000;
  const { scene } = stage;
  for (const seat of scene?.seats ?? []) seat.known = isHeard(seat, stage.now_s - scene.made_s, stage.house?.limits.alone_s ?? 1.5);
  const ticking = scene?.tick && ["dreaming", "severed", "waking"].includes(scene.state);
  stage.age_s = ticking ? Math.max(0, stage.now_s - scene.tick.instant_s) : Infinity;
  stage.stale = Boolean(ticking) && !(stage.age_s <= 1.5);
  const live = stage.link === "live" && !stage.stale;
  document.body.dataset.live = String(live);
  set(at("age"), stage.link !== "live" ? (stage.link === "connecting" ? "connecting" : `heard ${span(silent_ms / 1000)} ago`) : ticking ? `tick ${stage.age_s.toFixed(1)} s ago` : "connected, no ticks");
  at("age").classList.toggle("grave", !live && stage.link !== "connecting");
}

function draw() {
  clock();
  const { scene, may, leading, asked } = stage;
  set(at("headline"), headline(stage));
  document.title = leading ? `● ${stage.name} · Stage · dreamd` : "Stage · dreamd";
  arrange(at("stops"), stops(stage).map((one, i) => ({ ...one, i })), (one) => one.i, (one, old) => {
    const item = old ?? make("li");
    item.classList.toggle("grave", one.grave);
    set(item, one.words);
    return item;
  });
  const ledBy = scene && may.lead && scene.artist_share_most > 0 && scene.state !== "ended";
  at("begin").hidden = leading;
  at("begin").disabled = !ledBy || stage.link !== "live";
  set(at("begin"), stage.name ? `Lead ${stage.name}` : "Lead");
  at("give-up").hidden = !leading;
  at("title").disabled = leading;
  orders.changed();
  at("wake").hidden = !may.wake;
  at("sever").hidden = !may.sever;
  const now = applied(scene?.tick, stage.size);
  const centre = scene?.tick?.centre ?? [];
  sliders.forEach((one, place) => one.show(asked.vector[place], now.vector[place], centre[place] ?? null));
  share?.show(asked.share, now.share, null);
  for (const one of document.querySelectorAll("[data-band]")) set(one, synchronyOf(scene?.tick, one.dataset.band));
  list(at("group"), groupFacts(scene));
  at("own-part").hidden = !stage.own;
  if (stage.own) {
    set(at("own-state"), standing(stage.own));
    list(at("own"), ownFacts(stage.own));
    at("release").hidden = !may.release;
  }
  const events = stage.events.filter((event) => !event.dreamscape || event.dreamscape === stage.name).slice(-EVENTS_SHOWN).reverse();
  arrange(at("events"), events, (event) => event.cursor, eventItem);
}

function list(element, facts) {
  arrange(element, facts, ([name]) => name, ([name, words], old) => {
    const item = old ?? make("div");
    if (!old) item.append(make("dt", name), make("dd"));
    set(item.lastElementChild, words);
    item.lastElementChild.classList.toggle("unknown", words === "not known");
    return item;
  });
}

// -- leading -----------------------------------------------------------------------------------------

async function post(path, body, more = {}) {
  const answer = await fetch(path, { method: "POST", headers: { ...HEADER, "Content-Type": "application/json" }, body: JSON.stringify({ page: self, ...body }), ...more });
  const told = await answer.json().catch(() => ({ error: "the console gave no answer that this page can read" }));
  if (answer.status === 401) location.reload();
  return answer.ok ? "" : told.error;
}

const going = (own) => stage.leading && turn === own;

// One request after the other, until a hand, a refusal or a second without an answer ends it.
async function lead() {
  if (stage.leading || at("begin").disabled) return;
  const { name } = stage;
  const title = at("title").value.trim();
  const own = ++turn;
  stage.leading = true;
  say(WAITING);
  draw();
  at("give-up").focus();
  for (let begin = true, last_ms = performance.now(); going(own); ) {
    let wrong;
    try {
      wrong = await post("/console/stage/lead", { name, begin, title, ...stage.asked }, { signal: AbortSignal.timeout(1000) });
      last_ms = performance.now();
    } catch {
      if (going(own) && performance.now() - last_ms < 1000) {
        await pause(100);
        continue;
      }
      wrong = "the console does not answer, and a lead without a word for a second is over";
    }
    if (!going(own)) return;
    if (begin && !wrong && at("outcome").textContent === WAITING) say(`You have begun to lead ${name}.`);
    begin = false;
    if (wrong) end("", `You do not lead: ${wrong}.`);
  }
}

function end(words, grave = "") {
  const held = [at("give-up"), document.body].includes(document.activeElement);
  stage.leading = false;
  say(words, grave);
  draw();
  if (held) at("begin").focus();
}

async function giveUp(words = "You lead no more.") {
  if (!stage.leading) return;
  end(words);
  await post("/console/stage/give-up", {}).catch(() => say("", "The console does not answer; the lead ends by itself within a second."));
}

at("begin").addEventListener("click", lead);
at("give-up").addEventListener("click", () => giveUp());
at("level").addEventListener("click", () => {
  stage.asked.vector.fill(0);
  draw();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !at("confirm").open) giveUp();
});
addEventListener("pagehide", () => {
  if (stage.leading) post("/console/stage/give-up", {}, { keepalive: true }).catch(() => {});
  stage.leading = false;
});
at("chooser").addEventListener("change", (event) => {
  location.hash = encodeURIComponent(event.target.value);
  choose(event.target.value);
});

async function start() {
  const answer = await fetch("/console/stage", { headers: HEADER, cache: "no-store" }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok) {
    say("", `${told?.error ?? "The console does not answer"}. This page asks again.`);
    return setTimeout(start, 2000);
  }
  say("");
  Object.assign(stage, { may: told.may, ownName: told.own, schemas: told.schemas, slews: told.slews, fresh_s: told.fresh_s, limit: told.limit });
  set(at("viewer"), told.principal);
  set(at("slew"), slewWords(stage.slews, stage.fresh_s));
  drawing = setInterval(draw, 250);
  follow();
}

start();

// For who measures.
globalThis.dreamdStage = { drawnTick: () => stage.scene?.tick?.tick ?? 0 };
