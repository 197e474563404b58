// Cases of the clinic in words. Pure: no document, no clock.

const time = new Intl.DateTimeFormat([], { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat([], { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const date = new Intl.DateTimeFormat([], { month: "short", day: "numeric", timeZone: "UTC" });

export const moment = (s) => day.format(new Date(s * 1000));
export const clock = (s) => time.format(new Date(s * 1000));
export const dayOf = (s) => date.format(new Date(s * 1000));

export const LEVELS = { 1: "now", 2: "today", 3: "soon", 4: "note" };
const STEPS = { 1: "a quarter of the ceiling", 2: "half of the ceiling", 3: "the whole ceiling" };

export function span(s) {
  const minutes = Math.floor(Math.abs(s) / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} days`;
}

export function subject(one) {
  if (one.kind === "parent") return `Dreamscape ${one.dreamscape}`;
  if (one.kind === "fleet") return "the fleet";
  return one.sleeper || "an erased sleeper";
}

// The time to the answer: [words, whether it is late].
export function due(one, now_s) {
  if (one.state !== "open" || one.due_s === null) return ["", false];
  const left = one.due_s - now_s;
  return left >= 0 ? [`answer within ${span(left)}`, false] : [`late by ${span(left)}`, true];
}

export function state(one) {
  switch (one.state) {
    case "open":
      return one.held ? "open; the person is held" : "open";
    case "triaged":
      return "answered";
    case "held":
      return "held: no merge until a release";
    case "returning":
      return one.step in STEPS ? `returning, step ${one.step}: ${STEPS[one.step]}` : "returning, every step is done";
    default:
      return one.state;
  }
}

export function line(one, now_s) {
  const [words] = due(one, now_s);
  return [`Level ${one.level} ${LEVELS[one.level]}`, subject(one), state(one), words].filter(Boolean).join(", ");
}

export function facts(one) {
  const judged = (value, yes, no) => (value === null ? "" : value ? yes : no);
  return [
    one.site && `Site ${one.site}.`,
    one.dreamscape && one.kind === "person" && `In ${one.dreamscape}.`,
    one.parent && `Part of case ${one.parent}.`,
    `Opened ${moment(one.opened_s)}.`,
    one.answered_s && `Answered ${moment(one.answered_s)}.`,
    one.ended_s && `Ended ${moment(one.ended_s)}.`,
    one.climbed && `It has climbed ${one.climbed === 1 ? "one level" : `${one.climbed} levels`} for want of an answer.`,
    one.causes.length && `By ${one.causes.join(", ")}.`,
    judged(one.related, "It came of the merge.", "It did not come of the merge."),
    judged(one.expected, "It was expected.", "It was not expected."),
  ].filter(Boolean).join(" ");
}

export function summary(cases, now_s) {
  if (!cases.length) return "No case waits.";
  const open = cases.filter((one) => one.state === "open");
  const late = open.filter((one) => due(one, now_s)[1]).length;
  const many = [1, 2, 3, 4].map((level) => [level, cases.filter((one) => one.level === level).length]).filter(([, n]) => n);
  return `${cases.length} ${cases.length === 1 ? "case" : "cases"}: ${many.map(([level, n]) => `${n} of level ${level}`).join(", ")}. ${open.length} without an answer, ${late} late.`;
}

// The acts that a state has: the daemon judges each, this only leaves out those that it would refuse.
export function acts(one) {
  if (one.state === "released" || one.state === "closed") return [];
  const of = { open: ["triage", "note"], triaged: ["triage", "note", "hold", "close"], held: ["triage", "note", "plan"], returning: ["note", "hold", "release"] };
  const found = of[one.state] ?? [];
  return one.kind === "person" ? found : found.filter((act) => !["hold", "plan", "release"].includes(act));
}

export const ACTS = {
  triage: { key: "t", words: "Answer", title: "Answer the case and set its level", confirm: "Answer it" },
  note: { key: "n", words: "Write a note", title: "A note, sealed under the sleeper's key", label: "The note", confirm: "Keep the note" },
  hold: { key: "h", words: "Hold", title: "Hold the person: zero now, no merge until a release", label: "Why", confirm: "Hold the person" },
  plan: { key: "p", words: "Plan the return", title: "A quarter of the ceiling in the next night, then half, then the whole", confirm: "Plan the return" },
  release: { key: "r", words: "Release", title: "Release the person", label: "Why", confirm: "Release the person" },
  close: { key: "c", words: "Close", title: "Close the case: nothing more is to be done", label: "Why", confirm: "Close the case" },
};

export function sittings(told) {
  const measured = told.filter((one) => one.pull !== null);
  if (!told.length) return "No sitting was held after this case.";
  const last = told[told.length - 1];
  const newest = last.pull === null ? "The newest cannot be measured." : `The newest is ${last.pull.toFixed(2)}.`;
  return `${told.length} ${told.length === 1 ? "sitting" : "sittings"}, ${measured.length} measured; 0 is oneself, 1 the group. ${newest} Not a medical finding.`;
}
