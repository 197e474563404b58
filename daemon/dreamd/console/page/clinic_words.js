// Cases of the clinic in words. Pure: no document, no clock.

const time = new Intl.DateTimeFormat([], { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat([], { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const date = new Intl.DateTimeFormat([], { month: "short", day: "numeric", timeZone: "UTC" });
const plain = new Intl.NumberFormat("en");

export const moment = (s) => day.format(new Date(s * 1000));
export const clock = (s) => time.format(new Date(s * 1000));
export const dayOf = (s) => date.format(new Date(s * 1000));

export const LEVELS = { 1: "now", 2: "today", 3: "soon", 4: "note" };
const WITHIN = { 1: "within 15 minutes", 2: "within 4 hours", 3: "within a day", 4: "closes by itself after a week" };
const STEPS = { 1: "a quarter of the ceiling", 2: "half of the ceiling", 3: "the whole ceiling" };
const ENDED = ["released", "closed"];
const upper = (words) => `${words[0].toUpperCase()}${words.slice(1)}`;
const cases = (n) => `${n} ${n === 1 ? "case" : "cases"}`;

export function span(s) {
  const minutes = Math.floor(Math.abs(s) / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

export function subject(one) {
  if (one.kind === "parent") return `Dreamscape ${one.dreamscape}`;
  if (one.kind === "fleet") return "The fleet";
  return one.sleeper || "An erased sleeper";
}

export const levelWords = (level, ended) => `Level ${level}: ${LEVELS[level]}${ended ? "" : `, ${WITHIN[level]}`}`;
export const many = (n) => cases(n);

// The time to the answer: [words, whether it is late].
export function due(one, now_s) {
  if (one.state !== "open" || one.due_s === null) return ["", false];
  const left = one.due_s - now_s;
  return left >= 0 ? [`answer within ${span(left)}`, false] : [`late by ${span(left)}`, true];
}

// The right-hand side of a line of the list.
export function wait(one, now_s) {
  const [words] = due(one, now_s);
  return words || (one.ended_s === null ? `since ${clock(one.opened_s)}` : moment(one.ended_s));
}

export function state(one) {
  switch (one.state) {
    case "open":
      return one.held ? "waits for an answer; the person is held" : "waits for an answer";
    case "triaged":
      return "answered";
    case "held":
      return "held: no merge until a release";
    case "returning":
      return one.step in STEPS ? `returning, step ${one.step} of 3: ${STEPS[one.step]}` : "returning: every step is done";
    default:
      return one.state;
  }
}

// The second line of the list; the first one says when an answer is due.
export function course(one) {
  const person = one.held ? "person held" : "person not held";
  const now = one.state !== "open" ? state(one) : one.kind === "person" ? person : "of no person";
  const cause = [one.causes.length && `by ${one.causes.join(", ")}`, one.dreamscape && one.kind === "person" && `in ${one.dreamscape}`].filter(Boolean).join(" ");
  return [now, cause].filter(Boolean).join("; ");
}

export const title = (one) => `${subject(one)}: level ${one.level}, ${LEVELS[one.level]}`;

export function standing(one, now_s) {
  const [words] = due(one, now_s);
  return `${upper(state(one))}${words ? `; ${words}` : ""}.`;
}

export function facts(one) {
  const judged = (value, yes, no) => (value === null ? "" : value ? yes : no);
  return [
    `Case ${one.case}${one.site ? ` of site ${one.site}` : ""}.`,
    one.dreamscape && one.kind === "person" && `In ${one.dreamscape}.`,
    `Opened ${moment(one.opened_s)}${one.causes.length ? ` by ${one.causes.join(", ")}` : ""}.`,
    one.answered_s && `Answered ${moment(one.answered_s)}.`,
    one.ended_s && `Ended ${moment(one.ended_s)}.`,
    one.climbed && `It has climbed ${one.climbed === 1 ? "one level" : `${one.climbed} levels`} for want of an answer.`,
    judged(one.related, "It came of the merge.", "It did not come of the merge."),
    judged(one.expected, "It was expected.", "It was not expected."),
  ].filter(Boolean).join(" ");
}

export function summary(told, now_s) {
  if (!told.length) return "No case waits.";
  const open = told.filter((one) => one.state === "open");
  const late = open.filter((one) => due(one, now_s)[1]).length;
  const levels = [1, 2, 3, 4].map((level) => [level, told.filter((one) => one.level === level).length]).filter(([, n]) => n);
  return `${cases(told.length)}: ${levels.map(([level, n]) => `${plain.format(n)} of level ${level}`).join(", ")}. ${open.length} without an answer, ${late} late.`;
}

// The acts that a state has. The daemon judges each: this only leaves out those that it would refuse.
export function acts(one) {
  if (ENDED.includes(one.state)) return [];
  const erased = one.kind === "person" && !one.sleeper;
  const found = ["triage", "note"];
  if (one.kind === "person") {
    if (one.state !== "held") found.push("hold");
    if (one.state === "held" && !erased) found.push("plan");
    if (one.state === "returning" && one.step > 3) found.push("release");
  }
  if ((one.state === "triaged" && !one.held) || (one.state === "held" && erased)) found.push("close");
  return found;
}

// Why what a reader may look for is not offered; may: by act.
export function decideWords(one, may) {
  if (ENDED.includes(one.state)) return "It has ended: nothing is to be decided.";
  if (!acts(one).some((act) => may[act])) return "A clinician of the site decides it.";
  if (one.state === "returning" && one.step <= 3) return `A release follows the last step of the return; this is step ${one.step} of 3.`;
  return "";
}

export const ACTS = {
  triage: { key: "t", words: "Answer", title: "Answer it, and set its level", words_below: "Level 1 and 2 hold a person at once.", confirm: "Answer", done: "Answered" },
  note: { key: "n", words: "Note", title: "A note", words_below: "It is sealed under the sleeper's key, and goes with it.", label: "Note", confirm: "Keep the note", done: "The note is kept" },
  hold: { key: "h", words: "Hold", title: "Hold the person", words_below: "Zero at once, and no merge until a release. To sleep, to wake and to leave stay free.", label: "Why", confirm: "Hold the person", done: "Held" },
  plan: { key: "p", words: "Plan the return", title: "Plan the return", words_below: "A quarter of the ceiling in the next night, then half, then the whole, each after a clean morning.", confirm: "Plan the return", done: "The return is planned" },
  release: { key: "r", words: "Release", title: "Release the person", words_below: "From the next seat on, the person's own consent alone sets the ceiling.", label: "Why", confirm: "Release the person", done: "Released" },
  close: { key: "c", words: "Close", title: "Close the case", words_below: "Nothing more is to be done.", label: "Why", confirm: "Close the case", done: "Closed" },
};

export const formTitle = (act, one) => `${ACTS[act].title}: ${subject(one)}`;

export function sittings(told, pull) {
  if (!told.length) return "No sitting was held after this case.";
  const measured = told.filter((one) => one.pull !== null);
  const last = told[told.length - 1];
  const newest = last.pull === null ? "The newest cannot be measured." : `The newest is ${last.pull.toFixed(2)}: 0 is oneself, 1 the group.`;
  return `${told.length} ${told.length === 1 ? "sitting" : "sittings"}, ${measured.length} measured. ${newest}${restored(pull)} It is not a medical finding.`;
}

function restored(pull) {
  if (!pull) return "";
  if (pull.restored) return ` The last three show the person as themselves${pull.upper === null ? "" : `, with an upper limit of ${pull.upper.toFixed(2)}`}.`;
  return ` Not shown as restored${pull.why ? `: ${pull.why}` : ""}.`;
}

// Each sitting, for a reader that sees no picture.
export function sittingList(told) {
  return told.map((one) => `${dayOf(one.at_s)}: ${one.pull === null ? "not measured" : one.pull.toFixed(2)}${one.anchored ? " after an anchor session" : ""}`).join("; ");
}

// -- how often harm comes ----------------------------------------------------------------------------

export const HARMS = { distress: "Distress and wake", identity: "Identity severs", "check-in": "Low check-ins" };
export const HARM_STATES = { blind: "Blind", watching: "Watching", alarm: "Alarm" };

export function harm(one, clause) {
  const value = one.value === null ? "no evidence yet" : `evidence ${plain.format(Number(one.value.toPrecision(3)))}`;
  const rate = one.rate === null ? "" : `It expects ${plain.format(Number((one.rate * 1000).toPrecision(3)))} cases in 1,000 sleeper-nights, ${one.declared ? `declared by clause ${clause}` : "the house's own rate"}.`;
  const above = one.above_clause ? " The house's own rate is above the clause." : "";
  switch (one.state) {
    case "blind":
      return `No night is judged: ${plain.format(one.gathered)} of ${plain.format(one.gathered_least)} sleeper-nights are known, and no clause declares a rate. Blind is not quiet.`;
    case "alarm":
      return `Since ${moment(one.alarm_s)}; the cap is halved until a clinician and an advocate lift it. ${rate}${above}`;
    default:
      return `${upper(value)} of ${plain.format(one.threshold)}, by ${plain.format(one.nights)} ${one.nights === 1 ? "night" : "nights"}. ${rate}${above}`;
  }
}

export function harmNights(one) {
  const harmed = one.past.filter((night) => night.harmed > 0).length;
  const blind = one.past.filter((night) => night.rate === null).length;
  return `${HARMS[one.kind] ?? one.kind}: ${one.past.length} nights, ${harmed} with a case, ${blind} blind.`;
}
