// Revisions of the guidelines in words. Pure: no document, no clock.

const day = new Intl.DateTimeFormat([], { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
export const moment = (s) => day.format(new Date(s * 1000));

const two = (one) => [one.clinician && `${one.clinician} as clinician`, one.advocate && `${one.advocate} as advocate`].filter(Boolean).join(", ");

// A revision in one line of a list.
export function line(one) {
  const who = two(one);
  return `Revision ${one.revision}: ${one.provisional && one.state === "in force" ? "in force, provisionally" : one.state}${one.title ? `, ${one.title}` : ""}, proposed by ${one.proposer}${who ? `, ratified by ${who}` : ""}`;
}

export function inForce(one) {
  const who = two(one) ? ` Ratified by ${two(one)}.` : " It ships with dreamd.";
  const since = one.in_force_s ? ` since ${moment(one.in_force_s)}` : "";
  const short = one.provisional ? ` Provisional: it lapses on ${moment(one.due_s)} unless a clinician and an advocate confirm it.` : "";
  return `Revision ${one.revision}${since}.${who}${short} Its name begins with ${one.digest.slice(0, 12)}.`;
}

export function state(one) {
  switch (one.state) {
    case "draft":
      return `A draft of ${one.proposer}. It is not open for comments yet.`;
    case "open":
      return `Open for comments since ${moment(one.opened_s)}.${two(one) ? ` Ratified so far by ${two(one)}.` : ""}`;
    case "ratified":
      return `Ratified by ${two(one)}. In force from ${moment(one.begins_s)} on.`;
    case "in force":
      return inForce(one);
    default:
      return `It is ${one.state}${one.ended_s ? ` since ${moment(one.ended_s)}` : ""}.`;
  }
}

// A proposal can still come into force, or waits for its confirmation.
export const isProposal = (one) => ["draft", "open", "ratified"].includes(one.state) || (one.state === "in force" && one.provisional);

export const count = (value) => (value === null ? "fewer than 5" : String(Math.round(value)));

export function change(one) {
  const clause = one.new ?? one.old;
  const limit = one.old && one.new && one.old.limit !== one.new.limit ? `${one.old.limit} becomes ${one.new.limit}` : clause.limit;
  return { ...clause, limit, word: one.change[0].toUpperCase() + one.change.slice(1) };
}

// The roles in which this viewer may ratify now, and why not in any: [roles, sentence].
export function ratifying(one, told, onlyTightens, now_s) {
  const open = one.state === "open" || (one.state === "in force" && one.provisional);
  if (!open) return [[], `It is ${one.state}: nothing is to be ratified now.`];
  const needs = "One clinician and one advocate ratify a revision, and they are two people.";
  if (!told.in_site) return [[], `${needs} On a machine without a site no caller has a name, so it cannot be ratified here (dreamd init makes a site).`];
  const { name, roles } = told.viewer;
  const own = roles.filter((role) => role === "clinician" || role === "advocate");
  if (!told.may.ratify || !own.length) return [[], `${needs} ${name} is ${roles.join(", ") || "without a role"}.`];
  const done = ["clinician", "advocate"].filter((role) => one[role] === name);
  if (done.length) return [[], `${needs} ${name} has ratified it as ${done[0]}; the other is another person.`];
  const left = own.filter((role) => !one[role]);
  if (!left.length) return [[], `${needs} It is ratified as ${own.join(" and ")} already.`];
  if (!onlyTightens && one.ratify_from_s > now_s) return [[], `${needs} It is open for comments for a week, until ${moment(one.ratify_from_s)}; only a revision that tightens may be ratified before.`];
  return [left, needs];
}
