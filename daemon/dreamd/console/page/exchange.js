// The exchange: rounds, a result that everyone can read and compute again, and one's own ask with its reasons.
//
// Every few seconds the list and the open round are read again; a form that is open keeps its order. A result is read
// once, and again where a berth was given on.

import { arrange, make, set } from "./element.js";
import { drawLine } from "./exchange_picture.js";
import { CLASSES, accountWords, classFacts, count, drawFacts, faults, hasResult, kindWords, leftWords, line, lineWords, move, next, ownBerth, ownTitle, priceWords, state, summary } from "./exchange_words.js";

const HEADER = { "X-Dreamd-Console": "1" };
const EVERY_MS = 5000;
const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);
const page = { told: null, one: null, result: null, resultOf: "", will: [], touched: false, sleeper: "", turn: 0, timer: 0, sending: false, file: "" };

async function ask(path, body) {
  const sent = body === undefined ? { headers: HEADER } : { method: "POST", headers: { ...HEADER, "Content-Type": "application/json" }, body: JSON.stringify({ ...body, ...(page.sleeper && { sleeper: page.sleeper }) }) };
  const answer = await fetch(path, { cache: "no-store", ...sent }).catch(() => {
    throw new Error("the house does not answer");
  });
  const got = await answer.json().catch(() => ({ error: "the house gave no answer that this page can read" }));
  if (answer.status === 401) location.assign("/");
  if (!answer.ok) throw Object.assign(new Error(got.error), { status: answer.status });
  return got;
}

const query = (told = {}) => new URLSearchParams({ ...told, ...(page.sleeper && { sleeper: page.sleeper }) });

function say(words, grave = "") {
  set(at("outcome"), words);
  set(at("alarm"), grave);
}

// -- the rounds --------------------------------------------------------------------------------------

async function list() {
  page.told = await ask(`/console/rounds?${query()}`);
  const { rounds, principal, now_s, in_site, more } = page.told;
  set(at("viewer"), principal);
  set(at("summary"), summary(rounds, now_s));
  at("who").hidden = in_site;
  at("none").hidden = rounds.length > 0;
  set(at("more"), more ? `and ${more} older ones: dreamd exchange rounds` : "");
  arrange(at("rounds"), rounds, (one) => one.round, (one, old) => {
    const item = old ?? make("li");
    if (!old) {
      const button = make("button", "", { type: "button", "data-round": one.round });
      button.append(make("b", one.round), make("small"));
      button.addEventListener("click", () => open(one.round, true));
      item.append(button);
    }
    item.firstElementChild.dataset.state = one.state;
    set(item.querySelector("small"), line(one, now_s));
    mark(item.firstElementChild);
    return item;
  });
}

function mark(button) {
  if (button.dataset.round === page.one?.round) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

// -- one round ---------------------------------------------------------------------------------------

async function open(name, focus) {
  const turn = ++page.turn;
  try {
    const one = await ask(`/console/round?${query({ round: name })}`);
    if (turn !== page.turn) return;
    const isOther = page.one?.round !== one.round;
    page.one = one;
    if (isOther) {
      Object.assign(page, { result: null, resultOf: "", touched: false });
      shutAccount();
    }
    await readResult(turn);
  } catch (error) {
    return say("", `Not read: ${error.message}.`);
  }
  if (turn !== page.turn) return;
  at("one").hidden = false;
  if (focus) at("hall").dataset.reading = "true";
  draw();
  for (const button of at("rounds").querySelectorAll("button")) mark(button);
  if (focus) at("one-title").focus();
}

async function readResult(turn) {
  const { one } = page;
  const key = `${one.round} ${one.state} ${one.held} ${one.own?.state ?? ""} ${one.own?.ask ?? ""}`;
  if (!hasResult(one)) page.result = null;
  else if (page.resultOf !== key) {
    const result = await ask(`/console/round/result?${query({ round: one.round })}`);
    if (turn !== page.turn) return;
    Object.assign(page, { result, resultOf: key });
  }
}

function draw() {
  const { one, result, told } = page;
  set(at("one-title"), `Round ${one.round}`);
  set(at("one-state"), state(one, told.now_s));
  set(at("one-next"), next(one));
  drawOwn(one.own);
  drawForm(one);
  at("line-part").hidden = !result;
  at("moves-part").hidden = !result?.moves.length;
  if (result) {
    set(at("line-words"), lineWords(result));
    drawLine(at("line"), result, lineWords(result));
    facts(at("classes"), classFacts(result));
    arrange(at("moves"), result.moves.map((each, i) => ({ ...each, i })), (each) => each.i, (each, old) => put(old, move(each)));
    set(at("moves-more"), result.moves_more ? `and ${result.moves_more} more` : "");
  }
  arrange(at("kinds"), one.kinds, (kind) => kind.offer, drawKind);
  facts(at("draw"), drawFacts(one));
  set(at("faults"), faults(one, result));
  at("faults").classList.toggle("grave", Boolean(result?.faults?.length));
  at("account-part").hidden = !told.may_account || !hasResult(one);
}

function put(old, words) {
  const item = old ?? make("li");
  set(item, words);
  return item;
}

function facts(element, told) {
  arrange(element, told, ([name]) => name, ([name, words], old) => {
    const item = old ?? make("div");
    if (!old) item.append(make("dt", name), make("dd"));
    set(item.lastElementChild, words);
    return item;
  });
}

function drawKind(kind, old) {
  const item = old ?? make("li");
  if (!old) item.append(make("b", kind.offer), make("span"), make("small"), make("small"));
  const [, words, price, left] = item.children;
  const given = page.result?.given[kind.offer];
  set(words, ` ${kindWords(kind)}`);
  set(price, priceWords(kind));
  set(left, leftWords(kind, given));
  item.querySelector("svg")?.remove();
  if (given) {
    const bar = document.createElementNS(SVG, "svg");
    for (const [key, value] of Object.entries({ class: "bar", viewBox: `0 0 ${kind.count} 1`, preserveAspectRatio: "none", "aria-hidden": "true" })) bar.setAttribute(key, value);
    let x = 0;
    for (const [name, n] of [...Object.keys(CLASSES).map((each) => [each, given[each]]), ["rest", kind.count]]) {
      const part = document.createElementNS(SVG, "rect");
      for (const [key, value] of Object.entries({ x, y: 0, width: Math.min(n, kind.count - x), height: 1, class: name === "rest" ? "rest" : `${name} held` })) part.setAttribute(key, String(value));
      bar.append(part);
      x += Math.min(n, kind.count - x);
    }
    item.append(bar);
  }
  return item;
}

// -- one's own ---------------------------------------------------------------------------------------

function drawOwn(own) {
  at("own-part").hidden = !own;
  if (!own) return;
  set(at("own-title"), ownTitle(own));
  set(at("own-berth"), ownBerth(own));
  arrange(at("sentences"), own.sentences.map((words, i) => [i, words]), ([i]) => i, ([, words], old) => put(old, words));
  at("withdraw").hidden = !(own.state === "placed" && page.one.state === "open");
  at("cancel").hidden = !(["held", "unplaced"].includes(own.state) || (own.state === "placed" && ["closed", "drawn"].includes(page.one.state))) || page.one.state === "settled";
  set(at("cancel"), own.state === "held" ? "Give my berth back" : "Leave the line");
}

function drawForm(one) {
  const mine = page.told.in_site ? page.told.sleeper : page.sleeper;
  const isOpen = one.state === "open" && Boolean(mine);
  at("ask-part").hidden = !isOpen;
  if (!isOpen) return;
  const stands = one.own?.state === "placed";
  if (!page.touched) page.will = stands ? [...one.own.offers] : [];
  set(at("ask-title"), stands ? "Change your ask" : "Ask for a berth");
  set(at("ask-words"), "Tick each berth that will do, and put the best one first. List no berth that will not do: a listed one may be given to you. A longer list never makes it less likely that you get one.");
  set(at("send"), stands ? "Replace my ask" : "Ask");
  const rest = one.kinds.filter((kind) => !page.will.includes(kind.offer));
  const listed = page.will.map((name) => one.kinds.find((kind) => kind.offer === name)).filter(Boolean);
  const held = document.activeElement?.id;
  arrange(at("will"), [...listed, ...rest], (kind) => kind.offer, drawChoice);
  if (held && at(held)?.closest("#will")) at(held).focus();
}

function drawChoice(kind, old) {
  const item = old ?? make("li");
  if (!old) {
    const label = make("label");
    const box = make("input", "", { type: "checkbox", id: `will-${kind.offer}` });
    box.addEventListener("change", () => choose(kind.offer, box.checked));
    label.append(box, make("b"), make("small", `${kindWords(kind)}. ${priceWords(kind)}`));
    const order = make("span", "", { class: "order" });
    for (const [by, words] of [[-1, "Up"], [1, "Down"]]) {
      const button = make("button", words, { type: "button", id: `${words.toLowerCase()}-${kind.offer}`, "aria-label": `${words}: ${kind.offer}` });
      button.addEventListener("click", () => shift(kind.offer, by));
      order.append(button);
    }
    item.append(label, order);
  }
  const place = page.will.indexOf(kind.offer);
  const [box, name] = item.firstElementChild.children;
  box.checked = place >= 0;
  set(name, place >= 0 ? `${place + 1}. ${kind.offer}` : kind.offer);
  item.lastElementChild.hidden = place < 0 || page.will.length < 2;
  return item;
}

function choose(offer, isListed) {
  page.touched = true;
  page.will = page.will.filter((one) => one !== offer);
  if (isListed) page.will.push(offer);
  set(at("missing"), "");
  drawForm(page.one);
}

function shift(offer, by) {
  page.touched = true;
  const place = page.will.indexOf(offer);
  const other = Math.min(Math.max(place + by, 0), page.will.length - 1);
  [page.will[place], page.will[other]] = [page.will[other], page.will[place]];
  drawForm(page.one);
}

async function act(verb, body, words) {
  if (page.sending) return;
  page.sending = true;
  say("One moment.");
  try {
    await ask(`/console/round/${verb}`, { round: page.one.round, ...body });
    page.touched = false;
    await list();
    await open(page.one.round, false);
    say(words);
    at(at("own-part").hidden ? "one-title" : "own-title").focus();
  } catch (error) {
    say("", `Not done: ${error.message}.`);
  } finally {
    page.sending = false;
  }
}

at("ask-part").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!page.will.length) {
    set(at("missing"), "Tick at least one berth that will do.");
    return at("will").querySelector("input")?.focus();
  }
  act("ask", { offers: page.will }, "Your ask stands in the book.");
});
at("withdraw").addEventListener("click", () => act("withdraw", {}, "Your ask is taken back."));
at("cancel").addEventListener("click", () => act("cancel", {}, page.one.own.state === "held" ? "Your berth is given back. It goes to the first in line for which it will do." : "You have left the line."));

// -- the account -------------------------------------------------------------------------------------

function shutAccount() {
  at("account-rows-part").hidden = at("account-file").hidden = true;
  at("account-shown").hidden = false;
  set(at("account-words"), "The money of each berth, by its ask’s random id.");
}

at("account-shown").addEventListener("click", async () => {
  try {
    const told = await ask(`/console/round/account?${query({ round: page.one.round })}`);
    set(at("account-words"), `${accountWords(told)} ${count(told.rows.length + told.more, "berth")}${told.more ? `; the first ${told.rows.length} are shown` : ""}.`);
    at("account-columns").replaceChildren(...told.columns.map((words, i) => make("th", words.replaceAll("_", " "), { scope: "col", ...(i > 3 && { class: "n" }) })));
    at("account-rows").replaceChildren(...told.rows.map((row) => {
      const line = make("tr");
      line.append(...row.map((words, i) => make("td", words, i > 3 ? { class: "n" } : {})));
      return line;
    }));
    if (page.file) URL.revokeObjectURL(page.file);
    page.file = URL.createObjectURL(new Blob([told.csv], { type: "text/csv" }));
    at("account-file").href = page.file;
    at("account-file").download = `round-${page.one.round}.csv`;
    at("account-rows-part").hidden = at("account-file").hidden = false;
    at("account-shown").hidden = true;
    at("account-file").focus();
  } catch (error) {
    say("", `Not read: ${error.message}.`);
  }
});

// ----------------------------------------------------------------------------------------------------

at("who").addEventListener("submit", async (event) => {
  event.preventDefault();
  page.sleeper = at("sleeper").value.trim();
  page.touched = false;
  page.resultOf = "";
  try {
    await list();
    if (page.one) await open(page.one.round, false);
    say(page.sleeper ? `Asks of ${page.sleeper} are shown.` : "");
  } catch (error) {
    say("", `Not read: ${error.message}.`);
  }
});
at("back").addEventListener("click", () => {
  at("hall").dataset.reading = "false";
  (at("rounds").querySelector("[aria-current]") ?? at("rounds-title")).focus();
});
addEventListener("resize", () => {
  if (page.one && page.result) drawLine(at("line"), page.result, lineWords(page.result));
});

const legend = [["crisis", "crisis"], ["community", "community"], ["open", "open"]].flatMap(([kind, words]) => [["held", kind, words]]);
for (const [has, kind, words] of [...legend, ["without", "open", "hollow: without a berth"], ["own", "", "you"]]) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 14 14");
  picture.setAttribute("class", "chart");
  const shape = document.createElementNS(SVG, has === "own" ? "path" : "rect");
  for (const [key, value] of Object.entries(has === "own" ? { d: "M7 2l6 10h-12z", class: "own" } : { x: 2, y: 2, width: 10, height: 10, class: `${kind} ${has}` })) shape.setAttribute(key, String(value));
  picture.setAttribute("aria-hidden", "true");
  picture.append(shape);
  at("legend").append(picture, make("span", words));
}

async function look() {
  try {
    await list();
    if (page.one && !page.sending) await open(page.one.round, false);
    if (at("alarm").textContent.startsWith("Not reached")) say("");
  } catch (error) {
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
if (page.told?.rounds.length) await open((page.told.rounds.find((one) => one.state === "open") ?? page.told.rounds.find(hasResult) ?? page.told.rounds[0]).round, false);
