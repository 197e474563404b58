// A sleeper's own page: what is in force, withdrawing it, giving it, its receipt.
//
// To withdraw asks nothing first. It is sent whatever else this page knows, and says what came of it. A code in the
// address stands behind a #, which no browser sends; it is used and taken out of the address when Begin is pressed.

import { arrange, make, set } from "./element.js";
import { MODALITIES, SCOPES, ceilingWords, dose, doseFacts, endWords, facts, inHundred, letterLine, missing, notice, standing, withdrawn } from "./consent_words.js";
import { KSS, OFTEN, WHO5, caseFacts, caseNext, caseWords, thanks, unanswered } from "./morning_words.js";

const HEADER = { "X-Dreamd-Console": "1" };
const LOOKS_EVERY_MS = 15000;
const at = (id) => document.getElementById(id);
const page = { sleeper: "", in_site: true, choices: null, notice: null };

class Told extends Error {}

async function ask(path, told, within_ms = 12000) {
  const sent = told === undefined ? { headers: HEADER } : { method: "POST", headers: { ...HEADER, "Content-Type": "application/json" }, body: JSON.stringify(told) };
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(within_ms), ...sent });
  } catch {
    throw new Told("No answer from the house");
  }
  const got = await answer.json().catch(() => ({ error: "The house gave no answer that this page can read" }));
  if (!answer.ok) throw Object.assign(new Told(sentence(got.error)), { status: answer.status });
  return got;
}

const sentence = (words) => `${words[0].toUpperCase()}${words.slice(1)}`;
const own = (told = {}) => (page.in_site ? told : { ...told, sleeper: page.sleeper });
const query = () => (page.in_site ? "" : `?sleeper=${encodeURIComponent(page.sleeper)}`);

function say(words, grave = "") {
  set(at("outcome"), words);
  set(at("alarm"), grave);
}

// -- who is here ------------------------------------------------------------------------------------

async function look() {
  let told;
  try {
    told = await ask(`/console/consent${query()}`);
  } catch (error) {
    if (error.status === 401) return enter("Paste the code or the line that you were given, or your credential.", "Your code");
    return say("", `${error.message}. What stands here may be out of date. To leave, press the button of your pod.`);
  }
  page.in_site = told.in_site;
  if (!told.sleeper && told.in_site) return enter(`${told.principal} is not a sleeper’s credential. Sign in with your own.`, "Your code");
  if (!told.sleeper) return enter("On this machine no credential is needed.", "Your pseudonym");
  Object.assign(page, told);
  show(told);
}

function enter(words, label) {
  at("own").hidden = at("withdraw").hidden = true;
  at("enter-part").hidden = false;
  set(at("enter-words"), words);
  set(at("enter-label"), label);
}

function show(told) {
  at("enter-part").hidden = at("begin-part").hidden = true;
  if (at("own").hidden) {
    offer(told);
    letters();
    askMorning();
  }
  at("own").hidden = at("viewer").hidden = at("withdraw").hidden = false;
  at("sign-out").hidden = !told.in_site;
  set(at("who"), told.sleeper);
  set(at("now"), standing(told.consent));
  arrange(at("now-facts"), facts(told.consent), ([name]) => name, ([name, words], old) => pair(old, name, words));
  set(at("dose"), dose(told.dose));
  arrange(at("dose-facts"), doseFacts(told.dose), ([name]) => name, ([name, words], old) => pair(old, name, words));
  at("receipt-part").hidden = told.consent.grant === null;
  ownCase();
}

// The case at the clinic, while there is one. Without an answer the part stays as it is.
async function ownCase() {
  const told = await ask(`/console/own-case${query()}`).catch(() => null);
  if (!told) return;
  at("case-part").hidden = told.case === null;
  if (!told.case) return;
  set(at("case"), caseWords(told.case));
  set(at("case-next"), caseNext(told.case));
  arrange(at("case-facts"), caseFacts(told.case).map((fact, i) => [i, ...fact]), ([i]) => i, ([, when, words], old) => {
    const item = pair(old, when, words);
    set(item.firstElementChild, `${when}: `);
    return item;
  });
}

function pair(old, name, words) {
  const item = old ?? make("li");
  if (!old) item.append(make("b", `${name}: `), make("span"));
  set(item.lastElementChild, words);
  return item;
}

async function signIn(secret) {
  await ask("/session", { secret });
  await look();
  at("now-title").focus();
}

at("begin").addEventListener("click", async () => {
  const code = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  at("begin").disabled = true;
  say("One moment.");
  try {
    await signIn(code);
    say("");
  } catch (error) {
    at("begin-part").hidden = true;
    enter("Ask for a new code at the desk, or paste a code here.", "Your code");
    say("", `${error.message}.`);
  }
});

at("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = at("secret").value.trim();
  at("secret").value = "";
  try {
    if (page.in_site) await signIn(words);
    else {
      page.sleeper = words;
      await look();
      at("now-title").focus();
    }
    say("");
  } catch (error) {
    say("", `${error.message}.`);
  }
});

at("sign-out").addEventListener("click", async () => {
  await fetch("/session", { method: "DELETE", headers: { ...HEADER, "Content-Type": "application/json" } });
  location.reload();
});

// -- leaving ----------------------------------------------------------------------------------------

at("withdraw").addEventListener("click", async () => {
  say("Withdrawing.");
  try {
    const answer = await ask("/console/withdraw-consent", { name: page.sleeper });
    set(at("now"), standing({ state: "withdrawn" }));
    at("now-facts").replaceChildren();
    say(withdrawn(answer));
  } catch (error) {
    return say("", `${error.message}. Press the button of your pod: it works without this page.`);
  }
  await look();
});

// -- giving -----------------------------------------------------------------------------------------

function pick(kind, name, value, title, words) {
  const label = make("label", "", { class: "pick" });
  const text = make("span");
  text.append(make("b", title));
  if (words) text.append(make("small", words));
  label.append(make("input", "", { type: kind, name, value: String(value) }), text);
  return label;
}

// Fill the form, once: nothing in it is chosen.
function offer({ choices, notice: text }) {
  at("notice").replaceChildren(...notice(text.text).flatMap(({ words, items }) => {
    const parts = words ? [make("p", words)] : [];
    if (items.length) {
      const many = make("ul");
      many.append(...items.map((item) => make("li", item)));
      parts.push(many);
    }
    return parts;
  }));
  at("scopes").append(...SCOPES.map(([key, title, words]) => pick("checkbox", "scopes", key, title, words)));
  at("modalities").append(...MODALITIES.map(([key, title]) => pick("checkbox", "modalities", key, title)));
  at("ceilings").append(...choices.ceilings.map((step) => pick("radio", "ceiling", step[1], ...ceilingWords(step))));
  at("shares").append(...choices.artist_shares.map((share) => pick("radio", "artist_share", share, `At most ${inHundred(share)}`)));
  at("ends").append(...[0, ...choices.days].map((days) => pick("radio", "days", days, ...endWords(days))));
  at("zone").value = Intl.DateTimeFormat().resolvedOptions().timeZone;
  at("zones").append(...(Intl.supportedValuesOf?.("timeZone") ?? []).map((zone) => make("option", "", { value: zone })));
}

const chosen = (name) => [...at("give").querySelectorAll(`[name=${name}]:checked`)].map((one) => one.value);

// Only what belongs to the choices above it is asked, and only that is sent.
function wish() {
  const scopes = chosen("scopes");
  const merges = scopes.includes("merge");
  const [days] = chosen("days");
  const some = at("some-hours").checked;
  return {
    scopes,
    modalities: merges ? chosen("modalities") : [],
    ceiling: merges ? Number(chosen("ceiling")[0] ?? 0) : 0,
    artist_share: scopes.includes("perform") ? Number(chosen("artist_share")[0] ?? 0) : 0,
    days: days === undefined ? null : Number(days),
    hours: some ? `${at("from").value}/${at("to").value}` : "",
    zone: some ? at("zone").value : "",
    adult: at("adult").checked,
    notice_sha256: page.notice.sha256,
    language: page.notice.language,
  };
}

function unfold() {
  const scopes = chosen("scopes");
  at("modalities").hidden = at("ceilings").hidden = !scopes.includes("merge");
  at("shares").hidden = !scopes.includes("perform");
  at("times").hidden = !at("some-hours").checked;
}

at("give").addEventListener("change", unfold);

at("give").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = wish();
  for (const old of at("give").querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  const lacks = missing(told);
  if (lacks.length) {
    set(at("missing"), lacks.map(([, words]) => words).join(" "));
    const field = at(lacks[0][0]);
    const first = field.matches("input") ? field : field.querySelector("input");
    first.setAttribute("aria-invalid", "true");
    return first.focus();
  }
  set(at("missing"), "");
  at("send").disabled = true;
  say("Giving it.");
  try {
    await ask("/console/grant", own(told));
    at("give").reset();
    unfold();
    await look();
    say("Your consent is written down and holds.");
    at("now-title").focus();
  } catch (error) {
    say("");
    set(at("missing"), `Not given. ${error.message}.`);
  } finally {
    at("send").disabled = false;
  }
});

// -- the morning ------------------------------------------------------------------------------------

function askMorning() {
  at("kss").append(...KSS.map(([value, words]) => pick("radio", "kss", value, words)));
  at("who5").append(...WHO5.map((words, i) => {
    const part = make("fieldset");
    part.append(make("legend", words), ...OFTEN.map(([value, often]) => pick("radio", `who5-${i}`, value, often)));
    return part;
  }));
}

const answered = (name) => {
  const one = at("morning").querySelector(`[name=${name}]:checked`);
  return one ? Number(one.value) : null;
};

at("morning").addEventListener("submit", async (event) => {
  event.preventDefault();
  const kss = answered("kss");
  const who5 = WHO5.map((_words, i) => answered(`who5-${i}`));
  const lacks = unanswered(kss, who5);
  for (const old of at("morning").querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  set(at("unanswered"), lacks ? lacks[1] : "");
  if (lacks) {
    const first = at("morning").querySelector(`[name=${lacks[0]}]`);
    first.setAttribute("aria-invalid", "true");
    return first.focus();
  }
  at("answer").disabled = true;
  say("Sending your answers.");
  try {
    const told = await ask("/console/morning", own({ kss, who5: who5[0] === null ? null : who5 }));
    at("morning").reset();
    at("weekly").open = false;
    await ownCase();
    say(thanks(told));
    at("morning-title").focus();
  } catch (error) {
    say("");
    set(at("unanswered"), `Not sent. ${error.message}.`);
  } finally {
    at("answer").disabled = false;
  }
});

// -- letters ----------------------------------------------------------------------------------------

async function letters() {
  let told;
  try {
    told = (await ask(`/console/letters${query()}`)).letters;
  } catch (error) {
    return set(at("no-letter"), `Your letters cannot be read now. ${error.message}.`);
  }
  at("no-letter").hidden = told.length > 0;
  arrange(at("letters"), told, (one) => one.night, (one, old) => {
    const item = old ?? make("li");
    if (!old) {
      const button = make("button", letterLine(one), { type: "button" });
      button.addEventListener("click", () => openLetter(one.night));
      item.append(button);
    }
    return item;
  });
}

async function openLetter(night) {
  try {
    const one = await ask(`/console/letter?night=${encodeURIComponent(night)}${page.in_site ? "" : `&sleeper=${encodeURIComponent(page.sleeper)}`}`);
    set(at("letter-title"), one.title || letterLine(one));
    set(at("letter"), one.text);
    at("letter").lang = one.language;
    at("letter-part").hidden = false;
    at("letter-title").focus();
  } catch (error) {
    say("", `${error.message}.`);
  }
}

// -- the receipt ------------------------------------------------------------------------------------

export function save(name, text, type = "application/json") {
  const link = make("a", "", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function download(part) {
  try {
    const got = await ask(`/console/receipt${query()}`);
    save(`${part}-${got.revision}.json`, got[part]);
    say(`The ${part === "fhir" ? "FHIR resource" : "receipt"} of revision ${got.revision} is downloaded.`);
  } catch (error) {
    say("", `${error.message}.`);
  }
}

at("receipt").addEventListener("click", () => download("receipt"));
at("fhir").addEventListener("click", () => download("fhir"));

// -- taking it away, and erasing it -----------------------------------------------------------------

at("export").addEventListener("click", async () => {
  say("Gathering it.");
  try {
    const { zip } = await ask(`/console/export${query()}`, undefined, 60000);
    save(`${page.sleeper}.zip`, Uint8Array.from(atob(zip), (one) => one.charCodeAt(0)), "application/zip");
    say("Everything is downloaded, as one archive.");
  } catch (error) {
    say("", `${error.message}.`);
  }
});

at("erase").addEventListener("submit", async (event) => {
  event.preventDefault();
  const word = at("word").value.trim().toLowerCase();
  if (word !== "erase") {
    say("", "Nothing is erased: type the word erase.");
    return at("word").focus();
  }
  at("erase-send").disabled = true;
  say("Erasing. It may take half a minute.");
  try {
    const told = await ask("/console/erase", own({ word }), 60000);
    at("word").value = "";
    await look();
    await letters();
    const rest = told.named_files.length ? ` Your pseudonym still stands in: ${told.named_files.join(", ")}.` : "";
    say(`Everything about you is erased.${rest}`);
    at("now-title").focus();
  } catch (error) {
    say("", `Nothing more is known. ${error.message}.`);
  } finally {
    at("erase-send").disabled = false;
  }
});

// ---------------------------------------------------------------------------------------------------

if (location.hash.length > 1 && location.hash.includes(".")) {
  at("begin-part").hidden = false;
  at("begin").focus();
} else {
  look();
}
setInterval(() => {
  if (!document.hidden && !at("own").hidden) look();
}, LOOKS_EVERY_MS);
