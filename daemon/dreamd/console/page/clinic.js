// The clinic: cases in level order, one case with its evidence, and the decisions of a clinician. Keyboard first.
//
// Every few seconds the list and the open case are read again. Only what has changed is drawn, and the focus stays where
// it was: on the same case, or on the one in its place once it has gone.

import { drawPull, drawWatch } from "./clinic_pictures.js";
import { ACTS, acts, course, decideWords, due, facts, formTitle, harm, HARMS, HARM_STATES, LEVELS, levelWords, many, moment, sittings, standing, state, subject, summary, title, wait } from "./clinic_words.js";
import { arrange, make, set } from "./element.js";

const HEADER = { "X-Dreamd-Console": "1" };
const EVERY_MS = 5000;
const HARM_EVERY = 12;
const at = (id) => document.getElementById(id);
const page = { told: null, one: null, act: "", place: 0, ended: false, turn: 0, sending: false, looks: 0, timer: 0, watches: [] };

async function ask(path, body) {
  const sent = body === undefined ? { headers: HEADER } : { method: "POST", headers: { ...HEADER, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, { cache: "no-store", ...sent }).catch(() => {
    throw new Error("the house does not answer");
  });
  const got = await answer.json().catch(() => ({ error: "the house gave no answer that this page can read" }));
  if (answer.status === 401) location.assign("/");
  if (!answer.ok) throw Object.assign(new Error(got.error), { status: answer.status });
  return got;
}

function say(words, grave = "") {
  set(at("outcome"), words);
  set(at("alarm"), grave);
}

// -- the list ----------------------------------------------------------------------------------------

const lines = () => [...at("cases").querySelectorAll("button")];
const named = (name) => lines().find((button) => button.dataset.case === name);
const shown = () => page.one?.case ?? "";

function group(level, old) {
  const part = old ?? make("section", "", { "aria-labelledby": `level-${level}` });
  if (!old) {
    const heading = make("h3", "", { id: `level-${level}` });
    heading.append(make("span"), make("span", "", { class: "count" }));
    part.append(heading, make("ol"));
  }
  const found = page.told.cases.filter((one) => one.level === level);
  set(part.firstElementChild.firstElementChild, levelWords(level, page.ended));
  set(part.firstElementChild.lastElementChild, many(found.length));
  part.dataset.level = level;
  arrange(part.lastElementChild, found, (one) => one.case, line);
  return part;
}

function line(one, old) {
  const item = old ?? make("li");
  if (!old) {
    const button = make("button", "", { type: "button", "data-case": one.case });
    button.append(make("span", "", { class: "subject" }), make("span", "", { class: "due" }), make("span", "", { class: "course" }));
    button.addEventListener("click", () => open(one.case, true));
    item.append(button);
  }
  const button = item.firstElementChild;
  const [who, left, words] = button.children;
  set(who, subject(one));
  set(left, wait(one, page.told.now_s));
  set(words, course(one));
  button.dataset.late = String(due(one, page.told.now_s)[1]);
  mark(button);
  return item;
}

function mark(button) {
  if (button.dataset.case === shown()) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

// Do this work on the list, and leave the focus on the case that had it, or on the one that is now in its place.
function keepingFocus(work) {
  const held = document.activeElement;
  const name = held?.dataset?.case;
  const from = name && at("cases").contains(held) ? lines().indexOf(held) : -1;
  work();
  if (from < 0 || document.activeElement === held) return;
  const left = lines();
  (named(name) ?? left[Math.min(from, left.length - 1)] ?? at("cases-title")).focus({ preventScroll: true });
}

async function list() {
  page.told = await ask(`/console/cases${page.ended ? "?ended=yes" : ""}`);
  const { cases, principal, now_s } = page.told;
  set(at("viewer"), principal);
  set(at("cases-title"), page.ended ? "Cases that have ended" : "Cases that wait");
  if (!page.ended) {
    set(at("summary"), summary(cases, now_s));
    document.title = cases.length ? `Clinic (${cases.length}) · dreamd` : "Clinic · dreamd";
  }
  const levels = [1, 2, 3, 4].filter((level) => cases.some((one) => one.level === level));
  keepingFocus(() => arrange(at("cases"), levels, String, group));
  keepPlace();
  set(at("none"), page.ended ? "No case has ended." : "No case waits.");
  at("none").hidden = cases.length > 0;
}

// The place of the open case in the list; once the case has gone from it, the place where it was.
function keepPlace() {
  const here = lines().indexOf(named(shown()));
  if (here >= 0) page.place = here;
}

// Go on in the list: from the line that has the focus, else from the open case, else from the place where it was.
function move(by) {
  const found = lines();
  if (!found.length) return;
  const focused = found.indexOf(document.activeElement);
  const from = focused >= 0 ? focused : found.indexOf(named(shown()));
  const next = from >= 0 ? from + by : page.place + Math.min(by, 0);
  const button = found[Math.min(Math.max(next, 0), found.length - 1)];
  if (button.checkVisibility()) button.focus();
  else open(button.dataset.case, true);
}

// -- one case ----------------------------------------------------------------------------------------

async function open(name, focus) {
  const turn = ++page.turn;
  let one;
  try {
    one = await ask(`/console/case?case=${encodeURIComponent(name)}`);
  } catch (error) {
    say("", `Not read: ${error.message}.`);
    return false;
  }
  if (turn !== page.turn) return false;
  leave();
  page.one = one;
  at("one").hidden = false;
  at("ward").dataset.reading = String(focus);
  draw(one);
  lines().forEach(mark);
  keepPlace();
  if (focus) at("one-title").focus();
  return true;
}

// Read the open case again; a form that is open stays as it is.
async function reread() {
  const { turn, one } = page;
  const now = await ask(`/console/case?case=${encodeURIComponent(one.case)}`);
  if (turn !== page.turn || page.sending) return;
  const changed = now.state !== one.state || now.level !== one.level;
  page.one = now;
  draw(now);
  if (changed && page.act) say(`The case has changed meanwhile: it is ${state(now)}, level ${now.level}.`);
}

function draw(one) {
  set(at("one-title"), title(one));
  set(at("one-state"), standing(one, page.told.now_s));
  set(at("one-facts"), facts(one));
  at("parent-part").hidden = !one.parent;
  set(at("parent"), one.parent ? `case ${one.parent}` : "");
  children(one);
  entries(at("evidence"), one.evidence.map((item) => [item.words || item.cause, `${item.cause}${item.value === null ? "" : ` ${Number(item.value.toPrecision(3))}`}, ${moment(item.at_s)}`]));
  at("no-evidence").hidden = one.evidence.length > 0;
  entries(at("notes"), one.notes.map((note) => [note.text, `${note.by}, ${moment(note.at_s)}`]));
  at("no-notes").hidden = one.notes.length > 0;
  at("sittings-part").hidden = one.kind !== "person";
  set(at("sittings-words"), sittings(one.sittings, one.pull));
  at("pull-legend").hidden = one.sittings.length === 0;
  drawPull(at("pull"), one.sittings, one.pull);
  buttons(one);
}

// The cases of a Dreamscape's case that are in the list.
function children(one) {
  const own = page.told.cases.filter((other) => other.parent === one.case);
  at("children-part").hidden = one.kind !== "parent";
  set(at("children-title"), page.ended ? "Its cases that have ended" : own.length ? "Its cases that wait" : "None of its cases waits");
  arrange(at("children"), own, (child) => child.case, (child, old) => {
    const item = old ?? make("li");
    if (!old) {
      const button = make("button", "", { type: "button", class: "link" });
      button.addEventListener("click", () => open(child.case, true));
      item.append(button, make("span"));
    }
    set(item.firstElementChild, subject(child));
    set(item.lastElementChild, ` level ${child.level}, ${LEVELS[child.level]}; ${state(child)}`);
    return item;
  });
}

function entries(element, told) {
  arrange(element, told.map((words, i) => [i, ...words]), ([i]) => i, ([, words, small], old) => {
    const item = old ?? make("li");
    if (!old) item.append(make("span"), make("small"));
    set(item.firstElementChild, words);
    set(item.lastElementChild, small);
    return item;
  });
}

function buttons(one) {
  const found = acts(one).filter((act) => page.told.may[act]);
  const held = document.activeElement;
  const within = at("acts").contains(held);
  set(at("decide-words"), decideWords(one, page.told.may));
  arrange(at("acts"), found, String, (act, old) => {
    if (old) return old;
    const button = make("button", ACTS[act].words, { type: "button", id: `act-${act}`, "aria-keyshortcuts": ACTS[act].key });
    button.append(make("kbd", ACTS[act].key, { "aria-hidden": "true" }));
    button.addEventListener("click", () => begin(act));
    return button;
  });
  if (within && !held.isConnected) at("one-title").focus({ preventScroll: true });
}

// -- decisions ---------------------------------------------------------------------------------------

at("level").append(...Object.entries(LEVELS).map(([level, words]) => make("option", `${level} ${words}`, { value: level })));

function begin(act) {
  const told = ACTS[act];
  page.act = act;
  say("");
  set(at("form-title"), formTitle(act, page.one));
  set(at("form-words"), told.words_below);
  set(at("confirm"), told.confirm);
  set(at("text-label"), told.label ?? "");
  at("level-part").hidden = at("judged-part").hidden = act !== "triage";
  at("text-part").hidden = !told.label;
  at("text").required = Boolean(told.label);
  at("text").value = "";
  at("level").value = String(page.one.level);
  at("related").value = at("expected").value = "";
  at("form").hidden = false;
  (act === "triage" ? at("level") : told.label ? at("text") : at("confirm")).focus();
  at("form").scrollIntoView({ block: "nearest" });
}

function leave() {
  page.act = "";
  at("form").hidden = true;
}

const judged = (id) => ({ yes: true, no: false })[at(id).value] ?? null;

async function decide() {
  if (page.sending) return;
  const { act, one } = page;
  const words = at("text").value.trim().replace(/\s+/g, " ");
  const body = { case: one.case };
  if (act === "triage") Object.assign(body, { level: Number(at("level").value), related: judged("related"), expected: judged("expected") });
  if (act === "note") body.text = words;
  if (["hold", "release", "close"].includes(act)) body.reason = words;
  page.sending = true;
  say("One moment.");
  let done = false;
  try {
    await ask(`/console/case/${act}`, body);
    done = true;
    await list();
    await open(one.case, true);
    say(`${ACTS[act].done}: ${subject(one)}.`);
  } catch (error) {
    say(done ? `${ACTS[act].done}: ${subject(one)}.` : "", done ? `Not reached since: ${error.message}.` : `Not done: ${error.message}.`);
  } finally {
    page.sending = false;
  }
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  decide();
});
at("cancel").addEventListener("click", () => {
  const act = page.act;
  leave();
  (at(`act-${act}`) ?? at("one-title")).focus();
});
at("parent").addEventListener("click", () => open(page.one.parent, true));
at("back").addEventListener("click", back);
at("ended-shown").addEventListener("click", async () => {
  page.ended = !page.ended;
  set(at("ended-shown"), page.ended ? "Show cases that wait" : "Show cases that have ended");
  try {
    await list();
  } catch (error) {
    say("", `Not reached: ${error.message}.`);
  }
});

function back() {
  at("ward").dataset.reading = "false";
  (named(shown()) ?? at("cases-title")).focus();
}

// One key: the act on the line that has the focus, else on the open case.
async function press(act) {
  const name = at("cases").contains(document.activeElement) ? document.activeElement.dataset.case : shown();
  if (!name || at("form").contains(document.activeElement)) return;
  if (name !== shown() && !(await open(name, false))) return;
  at("ward").dataset.reading = "true";
  if (at(`act-${act}`)) return begin(act);
  const refused = decideWords(page.one, page.told.may) || `It is ${state(page.one)}`;
  say(`${ACTS[act].words} is not offered for ${subject(page.one)}. ${refused.replace(/\.?$/, ".")}`);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && page.act) {
    event.preventDefault();
    return at("form").requestSubmit();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    if (page.act) return at("cancel").click();
    return back();
  }
  if (event.target.closest("textarea, select, input") || !page.told) return;
  const arrows = at("cases").contains(event.target);
  if (event.key === "j" || (arrows && event.key === "ArrowDown")) move(1);
  else if (event.key === "k" || (arrows && event.key === "ArrowUp")) move(-1);
  else {
    const act = Object.keys(ACTS).find((name) => ACTS[name].key === event.key);
    if (!act) return;
    press(act);
  }
  event.preventDefault();
});

// -- how often harm comes ----------------------------------------------------------------------------

async function harms() {
  let told;
  try {
    told = await ask("/console/harm");
  } catch {
    at("harm").hidden = true;
    return;
  }
  page.watches = told.watches;
  at("harm").hidden = false;
  arrange(at("watches"), told.watches, (one) => one.kind, (one, old) => {
    const part = old ?? make("section", "", { "aria-labelledby": `harm-${one.kind}` });
    if (!old) {
      const heading = make("h3", HARMS[one.kind] ?? one.kind, { id: `harm-${one.kind}` });
      const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [key, value] of Object.entries({ class: "chart", role: "img", "aria-labelledby": `harm-${one.kind}-words` })) picture.setAttribute(key, value);
      const words = document.createElementNS("http://www.w3.org/2000/svg", "title");
      words.id = `harm-${one.kind}-words`;
      picture.append(words);
      part.append(heading, make("p"), picture);
      part.children[1].append(make("b"), make("span"));
    }
    part.dataset.state = one.state;
    set(part.children[1].firstElementChild, `${HARM_STATES[one.state] ?? "Not known"}. `);
    set(part.children[1].lastElementChild, harm(one, told.clause));
    return part;
  });
  drawHarms();
}

function drawHarms() {
  page.watches.forEach((one, i) => drawWatch(at("watches").children[i].lastElementChild, one));
}

addEventListener("resize", () => {
  if (page.one) drawPull(at("pull"), page.one.sittings, page.one.pull);
  drawHarms();
});

// ----------------------------------------------------------------------------------------------------

async function look() {
  if (page.looks++ % HARM_EVERY === 0) await harms();
  try {
    await list();
    if (page.one) await reread();
    if (at("alarm").textContent.startsWith("Not reached")) say("");
  } catch (error) {
    if (error.status === 403 && !page.told) {
      at("ward").hidden = true;
      return set(at("summary"), "Cases are read by a clinician of their site.");
    }
    say("", `Not reached: ${error.message}.`);
  }
  page.timer = setTimeout(look, EVERY_MS);
}

// A page that comes into sight again shows what is so now, not what was so when it was left.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !page.timer) return;
  clearTimeout(page.timer);
  page.timer = 0;
  look();
});

await look();
if (page.told?.cases.length) await open(page.told.cases[0].case, false);
