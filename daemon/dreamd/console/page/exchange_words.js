// The exchange in words: a round, its next step, its result, one's own ask. Pure. Money is whole cents.

export const CLASSES = { crisis: "crisis", community: "community", open: "open" };
const RESULTS = ["cleared", "settled"];

export const hasResult = (one) => RESULTS.includes(one.state);
export const count = (n, single, plural = `${single}s`) => `${n.toLocaleString("en")} ${n === 1 ? single : plural}`;

export function money(cents) {
  return `${cents < 0 ? "−" : ""}${Math.floor(Math.abs(cents) / 100).toLocaleString("en")}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;
}

export function moment(at_s) {
  return new Date(at_s * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function until(at_s, now_s) {
  const left = at_s - now_s;
  if (left <= 0) return "now";
  if (left < 5400) return `in ${Math.max(1, Math.round(left / 60))} min`;
  if (left < 36 * 3600) return `in ${Math.round(left / 3600)} h`;
  return `in ${Math.round(left / 86400)} days`;
}

export function summary(rounds, now_s) {
  const open = rounds.filter((one) => one.state === "open");
  const told = rounds.filter(hasResult).length;
  if (!rounds.length) return "No round of berths is planned.";
  const first = open.filter((one) => one.closes_s).sort((a, b) => a.closes_s - b.closes_s)[0];
  const asks = open.length ? `${count(open.length, "round is", "rounds are")} open for asks${first ? `; the next one may be closed ${until(first.closes_s, now_s)}` : ""}. ` : "No round is open for asks. ";
  return `${asks}${count(told, "round has", "rounds have")} a result.`;
}

// One line of the list.
export function line(one, now_s) {
  switch (one.state) {
    case "planned": return `planned: ${count(one.berths, "berth")} so far`;
    case "open": return `open: ${count(one.asks, "ask")} for ${count(one.berths, "berth")}${one.closes_s ? `, closes ${until(one.closes_s, now_s)}` : ""}`;
    case "closed": return `closed: ${count(one.asks, "ask")}, both nonces by ${moment(one.reveal_s)}`;
    case "drawn": return "drawn: the result is being computed";
    case "void": return `void: ${one.void_reason}`;
    default: return `${one.state}: ${one.held} of ${count(one.asks, "ask")} ${one.held === 1 ? "has" : "have"} a berth`;
  }
}

export function state(one, now_s) {
  switch (one.state) {
    case "planned": return `It is planned: ${count(one.berths, "berth")} in ${count(one.offers, "offer")} so far.`;
    case "open": return `It is open for asks. ${count(one.asks, "ask")} stand for ${count(one.berths, "berth")}; the book may be closed ${until(one.closes_s, now_s)}.`;
    case "closed": return `The book is closed with ${count(one.asks, "ask")} for ${count(one.berths, "berth")}. Both sides reveal their nonces until ${moment(one.reveal_s)}.`;
    case "drawn": return "Both nonces are there. The result is being computed.";
    case "void": return `It is void: ${one.void_reason}. Every ask may be placed in another round.`;
    case "settled": return `It is over: ${one.held} of ${count(one.asks, "ask")} had a berth.`;
    default: return `It has a result: ${one.held} of ${count(one.asks, "ask")} ${one.held === 1 ? "has" : "have"} one of ${count(one.berths, "berth")}.`;
  }
}

// What the house does next, and how.
export function next(one) {
  const missing = ["site", "advocate"].filter((side) => !one[side].sha256);
  if (one.state === "planned" && missing.length) return `Missing: the nonce of ${missing.map((side) => SIDES[side]).join(" and of ")}: dreamd exchange commit ${one.round}`;
  if (one.state === "planned") return `Both sides have committed. An operator opens it: dreamd exchange publish ${one.round}`;
  if (one.state === "open") return `An operator closes the book: dreamd exchange close ${one.round}`;
  const hidden = ["site", "advocate"].filter((side) => !one[side].revealed);
  if (one.state === "closed") return `Missing: ${hidden.map((side) => SIDES[side]).join(" and ")}: dreamd exchange reveal ${one.round}. A nonce withheld voids the round, and it says whose.`;
  return "";
}

const SIDES = { site: "the site", advocate: "the advocate" };

export function drawFacts(one) {
  const side = (name) => [SIDES[name][0].toUpperCase() + SIDES[name].slice(1), !one[name].sha256 ? "has not committed yet" : `${one[name].by} committed to ${one[name].sha256}${one[name].nonce ? `, nonce ${one[name].nonce}` : one[name].revealed ? "; revealed, shown once both are" : "; not revealed yet"}`];
  return [
    side("site"), side("advocate"),
    ["Book", one.book_sha256 || "not closed yet"],
    ["Seed", one.seed || "not drawn yet"],
    ["Reserves", `${inHundred(one.reserve_crisis)} of the berths for crisis, then ${inHundred(one.reserve_community)} for crisis and community, as minimum guarantees`],
    ["Levy", `${inHundred(one.levy)} of the price of an open berth goes to the pool`],
  ];
}

const inHundred = (share) => `${Math.round(share * 100)} %`;

export function faults(one, result) {
  const command = `dreamd exchange verify ${one.round}`;
  if (!hasResult(one)) return "Seed and line follow from both nonces and the closed book: no side knows the line before the asks are closed.";
  if (!result) return "";
  if (result.faults === null) return `Line and result can be computed again from the public file: ${command}`;
  if (result.faults.length) return `The public file does not hold: ${result.faults.join("; ")}.`;
  return `This console has computed line, berths and money again from the public file: all of it follows. So can you: ${command}`;
}

export function lineWords(result) {
  const held = [...result.line].filter((letter) => letter === letter.toUpperCase()).length;
  const own = result.own_place ? ` Yours is place ${result.own_place}.` : "";
  const left = result.cancelled ? ` ${count(result.cancelled, "ask was", "asks were")} cancelled; a berth given back went to the first in line for which it will do.` : "";
  const poor = result.unfunded ? ` For ${count(result.unfunded, "ask")} the pool had nothing left.` : "";
  return `${count(result.line.length, "ask")} stand in line, by lot within the phases of the reserves; ${held} ${held === 1 ? "has" : "have"} a berth.${own}${left}${poor}`;
}

export function classFacts(result) {
  return result.classes.filter((one) => one.asks).map((one) => [one.class, `${one.held} of ${count(one.asks, "ask")} ${one.held === 1 ? "has" : "have"} a berth`]);
}

export function move(one) {
  return `Place ${one.ask} moved from ${one.left} to ${one.took}, which it had listed, to make room for place ${one.made_for}.`;
}

export function kindWords(kind) {
  return [`site ${kind.site}`, `night ${kind.night}`, ...kind.features.map((one) => one.replaceAll("-", " "))].join(" · ");
}

export function priceWords(kind) {
  return `Price ${money(kind.price)}. Open pays ${money(kind.pays.open)}, community ${money(kind.pays.community)}, crisis ${kind.pays.crisis ? money(kind.pays.crisis) : "nothing"}.`;
}

export function leftWords(kind, given) {
  if (!given) return count(kind.count, "berth");
  const sum = given.crisis + given.community + given.open;
  const parts = Object.keys(CLASSES).filter((one) => given[one]).map((one) => `${given[one]} ${one}`);
  return `${sum} of ${count(kind.count, "berth")} given${parts.length ? `: ${parts.join(", ")}` : ""}`;
}

const pays = (cents) => (cents === undefined ? "" : `You pay ${cents === 0 ? "nothing" : money(cents)}.`);

export const ownTitle = (own) => ({ held: "You have a berth", unplaced: "You have no berth yet", cancelled: "You have left the line", withdrawn: "You have taken your ask back" }[own.state] ?? "Your ask stands");

export function ownBerth(own) {
  if (own.berth) return `${own.berth.offer}: ${kindWords(own.berth)}. ${pays(own.berth.pays[own.class])}`;
  if (own.state === "placed") return `As ${own.class}: ${own.offers.join(", then ")}.`;
  if (own.state === "unplaced") return "You are in line for each berth on your list that others give back.";
  return "";
}

export function accountWords(one) {
  return `Pool before ${money(one.pool_before)}, after ${money(one.pool_after)}.`;
}
