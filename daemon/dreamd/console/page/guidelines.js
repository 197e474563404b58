// The guidelines of the house: what is in force, what is proposed, what it changes and would have changed.

import { arrange, make, set } from "./element.js";
import { change, count, inForce, isProposal, line, moment, ratifying, state } from "./guidelines_words.js";

const HEADER = { "X-Dreamd-Console": "1" };
const at = (id) => document.getElementById(id);
const page = { told: null, shown: 0 };

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

function clauseItem(one) {
  const item = make("li");
  item.append(make("b", one.number), make("span", one.text), make("span", one.limit, { class: "limit" }));
  return item;
}

function changeItem(one) {
  const told = change(one);
  const item = make("li", "", { "data-change": one.change });
  const text = make("span", told.text, { class: "text" });
  item.append(make("span", told.word, { class: "change" }), make("b", told.number), text, make("span", told.limit, { class: "limit" }));
  return item;
}

function revisionItem(one, old) {
  const item = old ?? make("li");
  if (!old) {
    const button = make("button", "", { type: "button" });
    button.addEventListener("click", () => open(one.revision, true));
    item.append(button);
  }
  set(item.firstElementChild, line(one));
  item.firstElementChild.setAttribute("aria-current", String(one.revision === page.shown));
  return item;
}

function row(cells) {
  const tr = make("tr");
  cells.forEach((cell, i) => tr.append(make("td", cell, { class: i && /^(\d|fewer)/.test(cell) ? "n" : "" })));
  return tr;
}

async function list() {
  page.told = await ask("/console/guidelines");
  const { in_force: held, revisions, viewer } = page.told;
  set(at("viewer"), viewer.name);
  set(at("force-words"), inForce(held));
  at("clauses").replaceChildren(...held.clauses.map(clauseItem));
  const proposals = revisions.filter(isProposal);
  const past = revisions.filter((one) => !isProposal(one) && !one.holds);
  arrange(at("proposals"), proposals, (one) => one.revision, revisionItem);
  arrange(at("past"), past, (one) => one.revision, revisionItem);
  at("no-proposal").hidden = proposals.length > 0;
  at("past-part").hidden = past.length === 0;
  at("force-part").hidden = at("proposals-part").hidden = false;
}

async function open(revision, focus) {
  let told;
  try {
    told = await ask(`/console/guidelines/revision?revision=${revision}`);
  } catch (error) {
    return say("", `Not read: ${error.message}.`);
  }
  page.shown = revision;
  for (const list of ["proposals", "past"]) for (const item of at(list).children) item.firstElementChild.setAttribute("aria-current", String(item.dataset.key === String(revision)));
  const one = told.revision;
  set(at("one-title"), `Revision ${one.revision}${one.title ? `: ${one.title}` : ""}`);
  set(at("one-state"), state(one));
  at("diff").replaceChildren(...told.differences.map(changeItem));
  at("diff-none").hidden = told.differences.length > 0;
  dryRun(told);
  comments(one, told.comments);
  ratify(one, told.only_tightens);
  at("one").hidden = false;
  if (focus) at("one-title").focus();
}

function dryRun({ dry_run: dry, dry_run_refused: refused }) {
  const rows = dry ? dry.clauses.length + dry.sites.length : 0;
  at("dry-clauses-part").hidden = !dry?.clauses.length;
  at("dry-sites-part").hidden = !dry?.sites.length;
  at("dry-clauses").replaceChildren(...(dry?.clauses ?? []).map(([clause, site, more, fewer]) => row([clause, site, count(more), count(fewer)])));
  at("dry-sites").replaceChildren(...(dry?.sites ?? []).map(([site, ...numbers]) => row([site, ...numbers.map(count)])));
  if (!dry) return set(at("dry-words"), `Not shown: ${refused}.`);
  const of = `Of the ${dry.admissions} admissions of the last 30 nights`;
  set(at("dry-words"), dry.admissions === 0 ? "No admission is kept yet, so it was run over none." : rows ? `${of}, as far as no single person can be read from a count:` : `${of} it would have changed none.`);
}

function comments(one, told) {
  at("comments").replaceChildren(...told.map(({ by, at_s, text }) => {
    const item = make("li", text);
    item.append(make("small", `${by}, ${moment(at_s)}`));
    return item;
  }));
  const { may, in_site, viewer } = page.told;
  const open = one.state === "open";
  at("comment").hidden = !(open && may.comment);
  at("by-part").hidden = in_site;
  at("by").required = !in_site;
  const why = open ? (may.comment ? "" : `Comments are made by people of the house; ${viewer.name} is ${viewer.roles.join(", ") || "without a role"}.`) : `It is ${one.state}: it takes no comments now.`;
  set(at("comment-why"), why);
}

function ratify(one, onlyTightens) {
  const [roles, words] = ratifying(one, page.told, onlyTightens, page.told.now_s);
  set(at("ratify-words"), words);
  at("ratify").replaceChildren(...roles.map((role) => {
    const button = make("button", `Ratify revision ${one.revision} as ${role}`, { type: "button" });
    button.addEventListener("click", () => act("/console/guidelines/ratify", { revision: one.revision, role }, `Revision ${one.revision} is ratified as ${role}.`));
    return button;
  }));
}

async function act(path, told, words) {
  try {
    await ask(path, told);
    await list();
    await open(told.revision, true);
    say(words);
  } catch (error) {
    say("", `Not done: ${error.message}.`);
  }
}

at("comment").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = { revision: page.shown, text: at("text").value.trim(), by: at("by").value.trim() };
  await act("/console/guidelines/comment", told, "Your comment is written down.");
  if (!at("alarm").textContent) at("text").value = "";
});

try {
  await list();
  const first = page.told.revisions.find(isProposal);
  if (first) await open(first.revision, false);
} catch (error) {
  say("", `Not read: ${error.message}.`);
}
