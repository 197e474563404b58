// The clinic: cases in level order, one case with its evidence, and the decisions of a clinician. Keyboard first.

import { ACTS, acts, clock, dayOf, due, facts, LEVELS, line, moment, sittings, state, subject, summary } from "./clinic_words.js";
import { arrange, make, set } from "./element.js";

const HEADER = { "X-Dreamd-Console": "1" };
const EVERY_MS = 5000;
const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);
const page = { told: null, shown: "", one: null, act: "", ended: false };

async function ask(path, body) {
  const sent = body === undefined ? { headers: HEADER } : { method: "POST", headers: { ...HEADER, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, { cache: "no-store", ...sent });
  const got = await answer.json();
  if (answer.status === 401) location.assign("/");
  if (!answer.ok) throw new Error(got.error);
  return got;
}

function say(words, grave = "") {
  set(at("outcome"), words);
  set(at("alarm"), grave);
}

// -- the list ----------------------------------------------------------------------------------------

function caseItem(one, old) {
  const item = old ?? make("li");
  if (!old) {
    const button = make("button", "", { type: "button" });
    button.append(make("span", "", { class: "level" }), make("span", "", { class: "subject" }), make("span", "", { class: "course" }), make("span", "", { class: "due" }));
    button.addEventListener("click", () => open(one.case, true));
    item.append(button);
  }
  const button = item.firstElementChild;
  const [level, who, course, wait] = button.children;
  const [words, late] = due(one, page.told.now_s);
  set(level, `${one.level} ${LEVELS[one.level]}`);
  set(who, subject(one));
  set(course, state(one));
  set(wait, words || (one.ended_s ? moment(one.ended_s) : clock(one.opened_s)));
  button.dataset.level = String(one.level);
  button.dataset.late = String(late);
  button.setAttribute("aria-current", String(one.case === page.shown));
  button.setAttribute("aria-label", `${line(one, page.told.now_s)}, case ${one.case}`);
  return item;
}

async function list() {
  page.told = await ask(`/console/cases${page.ended ? "?ended=yes" : ""}`);
  const { cases, principal, now_s } = page.told;
  set(at("viewer"), principal);
  set(at("cases-title"), page.ended ? "Cases that have ended" : "Cases that wait");
  if (!page.ended) set(at("summary"), summary(cases, now_s));
  arrange(at("cases"), cases, (one) => one.case, caseItem);
  at("none").hidden = cases.length > 0;
}

function move(by) {
  const buttons = [...at("cases").querySelectorAll("button")];
  if (!buttons.length) return;
  const here = buttons.indexOf(document.activeElement);
  const next = here < 0 ? 0 : Math.min(Math.max(here + by, 0), buttons.length - 1);
  buttons[next].focus();
}

// -- one case ----------------------------------------------------------------------------------------

async function open(name, focus) {
  try {
    page.one = await ask(`/console/case?case=${encodeURIComponent(name)}`);
  } catch (error) {
    return say("", `Not read: ${error.message}.`);
  }
  page.shown = name;
  for (const item of at("cases").children) item.firstElementChild.setAttribute("aria-current", String(item.dataset.key === name));
  draw(page.one);
  leave();
  at("one").hidden = false;
  if (focus) at("one-title").focus();
}

function draw(one) {
  set(at("one-title"), `Case ${one.case}: ${subject(one)}, level ${one.level} ${LEVELS[one.level]}`);
  const [words] = due(one, page.told.now_s);
  set(at("one-state"), `${state(one)[0].toUpperCase()}${state(one).slice(1)}${words ? `; ${words}` : ""}.`);
  set(at("one-facts"), facts(one));
  at("evidence").replaceChildren(...one.evidence.map((item) => entry(item.words || item.cause, `${item.cause}${item.value === null ? "" : ` ${item.value.toPrecision(3)}`}, ${moment(item.at_s)}`)));
  at("no-evidence").hidden = one.evidence.length > 0;
  at("notes").replaceChildren(...one.notes.map((note) => entry(note.text, `${note.by}, ${moment(note.at_s)}`)));
  at("no-notes").hidden = one.notes.length > 0;
  set(at("sittings-words"), sittings(one.sittings));
  pull(one.sittings);
  buttons(one);
}

function entry(words, small) {
  const item = make("li", words);
  item.append(make("small", small));
  return item;
}

function buttons(one) {
  const own = page.told.may;
  const found = acts(one).filter((act) => own[act]);
  set(at("decide-words"), found.length ? "" : acts(one).length ? "A clinician of the site decides it." : "It has ended: nothing is to be decided.");
  at("acts").replaceChildren(...found.map((act) => {
    const button = make("button", `${ACTS[act].words} (${ACTS[act].key})`, { type: "button", id: `act-${act}` });
    button.addEventListener("click", () => begin(act));
    return button;
  }));
}

// Pull by sitting: 0 is oneself, 1 the group; a filled point followed an anchor session.
function pull(told) {
  const picture = at("pull");
  const measured = told.filter((one) => one.pull !== null);
  picture.hidden = measured.length === 0;
  picture.replaceChildren(picture.firstElementChild);
  if (!measured.length) return;
  const [low, high] = [Math.min(-0.2, ...measured.map((one) => one.pull)), Math.max(0.8, ...measured.map((one) => one.pull))];
  const x = (i) => (told.length === 1 ? 330 : 50 + (i * 560) / (told.length - 1));
  const y = (value) => 20 + ((high - value) / (high - low)) * 160;
  set(at("pull-words"), sittings(told));
  const draw = (name, attributes, words = "") => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.textContent = words;
    picture.append(element);
  };
  for (const [value, words, kind] of [[0, "oneself", "zero"], [0.3, "restored below", "limit"]]) {
    draw("line", { x1: 40, x2: 620, y1: y(value), y2: y(value), class: kind });
    draw("text", { x: 622, y: y(value) - 5, class: "words", "text-anchor": "end" }, words);
  }
  const points = told.map((one, i) => [i, one]).filter(([, one]) => one.pull !== null);
  draw("polyline", { points: points.map(([i, one]) => `${x(i)},${y(one.pull)}`).join(" "), class: "way" });
  for (const [i, one] of points) {
    draw("circle", { cx: x(i), cy: y(one.pull), r: 6, class: one.anchored ? "anchored" : "plain" });
    draw("text", { x: x(i), y: 212, class: "words", "text-anchor": "middle" }, dayOf(one.at_s));
  }
}

// -- decisions ---------------------------------------------------------------------------------------

function begin(act) {
  const told = ACTS[act];
  page.act = act;
  set(at("form-title"), told.title);
  set(at("confirm"), told.confirm);
  set(at("text-label"), told.label ?? "");
  at("level-part").hidden = at("judged-part").hidden = act !== "triage";
  at("text-part").hidden = !told.label;
  at("text").required = Boolean(told.label);
  at("text").value = "";
  at("level").value = String(page.one.level);
  at("form").hidden = false;
  (act === "triage" ? at("level") : told.label ? at("text") : at("confirm")).focus();
}

function leave() {
  page.act = "";
  at("form").hidden = true;
}

const judged = (id) => ({ yes: true, no: false })[at(id).value] ?? null;

async function decide() {
  const { act, shown } = page;
  const words = at("text").value.trim().replace(/\s+/g, " ");
  const body = { case: shown };
  if (act === "triage") Object.assign(body, { level: Number(at("level").value), related: judged("related"), expected: judged("expected") });
  if (act === "note") body.text = words;
  if (["hold", "release", "close"].includes(act)) body.reason = words;
  try {
    await ask(`/console/case/${act}`, body);
    await list();
    await open(shown, true);
    say(`Done: ${ACTS[act].confirm.toLowerCase()}.`);
  } catch (error) {
    say("", `Not done: ${error.message}.`);
  }
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  decide();
});
at("cancel").addEventListener("click", () => {
  const act = page.act;
  leave();
  at(`act-${act}`)?.focus();
});
at("ended-shown").addEventListener("click", async () => {
  page.ended = !page.ended;
  at("ended-shown").setAttribute("aria-pressed", String(page.ended));
  set(at("ended-shown"), page.ended ? "Show cases that wait" : "Show cases that have ended");
  await list();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("textarea, select, input");
  if (event.key === "Escape") {
    if (!at("form").hidden) return at("cancel").click();
    const shown = [...at("cases").children].find((item) => item.dataset.key === page.shown);
    return (shown?.firstElementChild ?? at("cases-title")).focus();
  }
  if (typing) return;
  if (event.key === "j" || event.key === "ArrowDown") move(1);
  else if (event.key === "k" || event.key === "ArrowUp") move(-1);
  else {
    const act = Object.keys(ACTS).find((name) => ACTS[name].key === event.key);
    const button = act && !at("one").hidden && at(`act-${act}`);
    if (!button) return;
    begin(act);
  }
  event.preventDefault();
});

async function again() {
  try {
    await list();
    if (at("alarm").textContent.startsWith("Not reached")) say("");
  } catch (error) {
    say("", `Not reached: ${error.message}.`);
  }
  setTimeout(again, EVERY_MS);
}

await again();
if (page.told?.cases.length) await open(page.told.cases[0].case, false);
