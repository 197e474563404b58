// What stands and what may be chosen, in words. Pure: no document, no clock.

export const SCOPES = [
  ["merge", "Merge", "What you hear, see or feel is drawn a little towards what everyone in your Dreamscape shares."],
  ["intimate", "Small groups", "Also with fewer than five people, where each one weighs more."],
  ["perform", "An artist", "Also while an artist leads a part of it."],
  ["record", "Recording", "Features of your EEG are recorded, with you as a number. The raw EEG stays at your bed."],
  ["research", "Research", "What is recorded may go to research on health: approved by an ethics board, and not for profit."],
];

export const MODALITIES = [["sound", "Sound"], ["light", "Light"], ["touch", "Touch"]];

const STEPS = { faint: "Faint", moderate: "Moderate", full: "Full" };

export const inHundred = (share) => `${Math.round(share * 100)} in 100`;

export const ceilingWords = ([name, value]) => [STEPS[name], `At most ${inHundred(value)} come from the others${name === "full" ? ": the most that the house allows" : ""}.`];

export const endWords = (days) => (days ? [`${days} days`, "You may withdraw or choose anew on every one of them."] : ["This night", "It ends by itself, after 14 hours at the latest."]);

const when = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
export const moment = (s) => when.format(new Date(s * 1000));

const names = new Map([...SCOPES, ...MODALITIES].map(([key, name]) => [key, name]));
const list = (keys) => keys.map((key) => names.get(key) ?? key).join(", ");

// The one sentence of what stands now. told: the consent; whether it holds at this hour the daemon says, not a clock here.
export function standing(told) {
  switch (told.state) {
    case "given":
      if (told.until_s) return `You have given consent. It holds until ${moment(told.until_s)}.`;
      return "You have given consent. It does not hold at this hour: nothing is merged now.";
    case "withdrawn":
      return `You have withdrawn${told.changed_s ? `, ${moment(told.changed_s)}` : ""}. Nothing is merged.`;
    case "expired":
      return "Your consent has ended by its time. Nothing is merged.";
    case "suspended":
      return "You are asked anew: the records of the house were restored from a copy. Nothing is merged.";
    default:
      return "You have given no consent. Nothing is merged.";
  }
}

// The facts below it, as pairs.
export function facts(told) {
  const { grant, held } = told;
  if (!grant || !["given", "expired"].includes(told.state)) return [];
  const found = [
    ["What may happen", list(SCOPES.map(([key]) => key).filter((key) => grant.scopes.includes(key)))],
    ["How", list(MODALITIES.map(([key]) => key).filter((key) => grant.modalities.includes(key))) || "not at all"],
    ["How strong", grant.ceiling ? `at most ${inHundred(grant.ceiling)}` : "not at all"],
  ];
  if (grant.artist_share) found.push(["The artist’s part", `at most ${inHundred(grant.artist_share)}`]);
  if (grant.hours) found.push(["Hours", `${grant.hours.replace("/", " to ")}, ${grant.zone}`]);
  found.push(["Ends", moment(grant.expires_s)]);
  if (told.state === "given" && told.until_s && widens(grant, held)) found.push(["Soon", "what your newest consent adds holds from your next seat on"]);
  return found;
}

const widens = (grant, held) =>
  grant.scopes.some((key) => !held.scopes.includes(key)) || grant.modalities.some((key) => !held.modalities.includes(key)) || grant.ceiling > held.ceiling || grant.artist_share > held.artist_share;

// What a withdrawal has done. answer: zeroed, confirmed, unconfirmed.
export function withdrawn(answer) {
  if (answer.kept) return `Your withdrawal is kept. ${answer.kept}.`;
  if (answer.unconfirmed.length) return "Withdrawn. Your bed has not confirmed yet: by itself it lets go within 1.5 seconds. Nothing more is needed.";
  if (answer.zeroed) return "Withdrawn. Your bed has confirmed: nothing of the others reaches you any more.";
  return "Withdrawn. You were not merged.";
}

// What is still to be chosen, as [id of the field, sentence].
export function missing(wish) {
  const lacks = [];
  if (!wish.scopes.length) lacks.push(["scopes", "Choose what may happen."]);
  if (wish.scopes.includes("merge") && !wish.modalities.length) lacks.push(["modalities", "Choose how it may reach you."]);
  if (wish.scopes.includes("merge") && !wish.ceiling) lacks.push(["ceilings", "Choose how strong it may be."]);
  if (wish.scopes.includes("perform") && !wish.artist_share) lacks.push(["shares", "Choose how large the artist’s part may be."]);
  if (wish.days === null) lacks.push(["ends", "Choose how long it holds."]);
  if (wish.hours !== "" && !/^\d\d:\d\d\/\d\d:\d\d$/.test(wish.hours)) lacks.push(["from", "Choose both hours."]);
  if (!wish.adult) lacks.push(["adult", "Consent is for adults: say that you are 18 or older."]);
  return lacks;
}

// The notice as paragraphs and lists: lines that begin with "- " are items.
export function notice(text) {
  return text.trim().split(/\n\s*\n/).map((part) => {
    const lines = part.split("\n");
    const first = lines.findIndex((line) => line.startsWith("- "));
    const words = (first < 0 ? lines : lines.slice(0, first)).join(" ");
    const items = [];
    for (const line of first < 0 ? [] : lines.slice(first)) {
      if (line.startsWith("- ")) items.push(line.slice(2));
      else items[items.length - 1] += ` ${line.trim()}`;
    }
    return { words, items };
  });
}

const minutes = (value) => `${Math.round(value * 10) / 10}`;

// The dose in one sentence, and its two windows as pairs.
export function dose(told) {
  const rest = told.left_min === null ? "" : ` ${minutes(told.left_min)} merge-minutes are left now.`;
  return `${told.admitted ? "You may be merged." : "You are not seated anew until your dose is below four fifths of its limit."}${rest}`;
}

export function doseFacts(told) {
  return [["In 24 hours", told.day], ["In 7 days", told.week]].map(([name, one]) => {
    const of = one.limit_min === null ? "" : ` of ${minutes(one.limit_min)}`;
    const again = one.below_s ? `; below four fifths again ${moment(one.below_s)}` : "";
    return [name, `${minutes(one.used_min)}${of} merge-minutes${again}`];
  });
}

export const letterLine = (one) => `The night of ${moment(one.begin_s)}`;
