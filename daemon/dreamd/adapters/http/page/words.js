// What is so, in words. Pure: no document, no clock. Whatever is not known is said to be not known.

export const NOT_KNOWN = "not known";

export function number(value, digits = 2) {
  return value === null || value === undefined || !Number.isFinite(value) ? NOT_KNOWN : value.toFixed(digits);
}

export function percent(value) {
  return value === null || value === undefined || !Number.isFinite(value) ? NOT_KNOWN : `${Math.round(value * 100)} %`;
}

export function ago(seconds) {
  return `${span(seconds)} ago`;
}

export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return `${Math.round(s / 3600)} h`;
}

export function clock(epoch_s) {
  return new Date(epoch_s * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

export const TETHER = "Every sleeper is alone with themselves by their own tether within 1.5 s.";

// From here a daemon that is gone and a cable that is pulled look alike.
export const GONE = "If it is gone, every sleeper is alone with themselves by their own tether within 1.5 s. If only this page is cut off, they may dream on.";

// Whether what a bed said last still says how it is: the daemon leaves out the numbers of an older word, and while no
// answer comes the age grows here by the same limit.
export function heard(seat, since_s, alone_s) {
  return seat.heard_age_s !== null && seat.heard_age_s !== undefined && seat.heard_age_s + Math.max(0, since_s) <= alone_s;
}

const holdsSlot = (seat) => seat.state === "assigned" || seat.state === "severed";

// A bed with a slot of which nothing is known now: neither fine nor at fault.
export const isUnknown = (seat) => holdsSlot(seat) && !seat.known;

// One sleeper's state: the word that stands in the table, the list and the drawing.
export function standing(seat) {
  const word = stands(seat);
  return isUnknown(seat) && word !== NOT_KNOWN ? `${word}, not heard` : word;
}

function stands(seat) {
  if (seat.state === "left") return seat.cause ? `left: ${seat.cause}` : "left";
  if (seat.breaker === "locked") return `locked: ${seat.cause || NOT_KNOWN}`;
  if (seat.breaker === "open") return `severed: ${seat.cause || NOT_KNOWN}`;
  if (seat.breaker === "half-open") return `on trial after ${seat.cause || "a sever"}`;
  if (seat.state === "severed") return `severed: ${seat.cause || NOT_KNOWN}`;
  if (seat.state === "waiting") return "not admitted";
  if (seat.state === "admitted") return "ready";
  if (!seat.known) return NOT_KNOWN;
  return seat.applied > 0 ? "merged" : "alone";
}

export const isCut = (seat) => seat.state === "severed" || (seat.breaker !== "closed" && seat.state !== "left");

// Between a cut and the next tick a pod's last word may still be its old coupling; who is cut dreams no more.
export const isMerged = (seat) => seat.known && seat.applied > 0 && !isCut(seat);

// A pod that still renders coupling though none has been granted for longer than any lease lives. Of a pod that is not
// heard this cannot be said.
export function overdue(seats, grantedAt, now_s, alone_s) {
  return seats.filter((s) => s.known && s.applied > 0 && !(s.granted > 0) && now_s - (grantedAt.get(s.seat) ?? now_s) > alone_s);
}

// The level, the headline and the facts below it. view: see main.js.
export function situation(view) {
  const { link, house, scene, now_s } = view;
  if (link === "connecting") return { level: "unknown", word: "Connecting", headline: "Looking for the daemon", facts: [] };
  if (link === "lost") {
    return { level: "grave", word: "No connection", headline: "No connection to the daemon.", facts: [GONE, ...lastSeen(view)] };
  }
  if (link === "hung") {
    return { level: "grave", word: "No tick", headline: "The daemon's tick loop does not go round.", facts: [TETHER, ...lastSeen(view)] };
  }
  if (link === "refused") {
    return { level: "grave", word: "Not let in", headline: "The daemon does not let this page look.", facts: [view.refusal, ...lastSeen(view)] };
  }
  if (link === "broken") {
    return { level: "grave", word: "This page has failed", headline: "This page has failed; load it anew.", facts: lastSeen(view) };
  }
  if (!house.dreamscapes.length) {
    const facts = [...troubles(house), "Nobody is merged. One is planned with: dreamd dreamscapes create", ...orders(house)];
    const isGrave = house.troubles.length > 0;
    return { level: isGrave ? "grave" : "well", word: isGrave ? "Look here" : "Quiet", headline: "No Dreamscape exists.", facts };
  }
  if (!scene) return { level: house.troubles.length ? "grave" : "unknown", word: "Looking", headline: `Looking at ${view.name}`, facts: troubles(house) };
  return inDreamscape(view, scene, house, now_s);
}

function lastSeen(view) {
  return view.scene ? [`Last heard ${ago(view.silent_s)}. What is drawn below is not live.`] : [];
}

// What is wrong with broker, ledger and the way to the beds: above everything that is said of beds.
const troubles = (house) => house.troubles.map((words) => ({ words: `${words[0].toUpperCase()}${words.slice(1)}.`, grave: true }));

// The other Dreamscapes that have not ended, the one that needs a person most first.
function elsewhere(view, house) {
  const others = house.dreamscapes.filter((one) => one.name !== view.name && one.state !== "ended");
  others.sort((a, b) => a.rank - b.rank);
  const told = others.slice(0, 3).map((one) => `${one.name} is ${one.state}${one.assigned ? `, ${one.merged} of ${one.assigned} merged` : ""}${one.unheard ? `, ${one.unheard} ${NOT_KNOWN}` : ""}`);
  if (others.length > 3) told.push(`${others.length - 3} more`);
  return told.length ? [`Also in this house: ${told.join("; ")}.`] : [];
}

function inDreamscape(view, scene, house, now_s) {
  const seats = scene.seats.filter((s) => s.state !== "left");
  const cut = seats.filter(isCut);
  const facts = [];
  let level = "well";
  const grave = (words) => { facts.push({ words, grave: true }); level = "grave"; };
  for (const { words } of troubles(house)) grave(words);
  if (view.stale) grave(TETHER);
  for (const seat of view.overdue) grave(`${named(seat)} still renders a coupling of ${number(seat.applied)} though none is granted.`);
  const locked = cut.filter((s) => s.breaker === "locked");
  if (locked.length) {
    grave(`${locked.map(named).join(", ")} locked: waits for a person (dreamd breakers reset pods/${locked[0].pod}).`);
  }
  const halved = scene.tick?.crowd.halved_cause;
  if (halved) grave(`Coupling is halved for everyone: ${halved}.`);
  const others = cut.filter((s) => s.breaker !== "locked");
  if (others.length && level === "well") level = "watch";
  if (scene.state !== "severed") facts.push(...cuts(others, view, now_s));
  facts.push(...orders(house), ...elsewhere(view, house));
  if (scene.tick?.intimate && scene.state === "dreaming") facts.push("Intimate: the collective itself is shown to nobody else.");
  const { headline, word, least } = view.stale ? { headline: `No tick for ${span(view.age_s)}.` } : headlines(scene, seats, cut);
  if (least === "grave" || (least === "watch" && level === "well")) level = least;
  return { level, word: { well: word ?? "All is well", watch: word ?? "Somebody was cut loose", grave: "Look here" }[level], headline, facts };
}

function headlines(scene, seats, cut) {
  const merged = seats.filter((s) => s.known && s.applied > 0).length;
  const unknown = seats.filter(isUnknown).length;
  switch (scene.state) {
    case "planned":
      return { headline: `${scene.name} is planned; nobody is merged.`, word: "Quiet" };
    case "gathering": {
      const ready = seats.filter((s) => s.state !== "waiting").length;
      return { headline: `${scene.name} gathers: ${ready} of ${seats.length} are ready, ${scene.seats_min} must be.`, word: "Gathering" };
    }
    case "dreaming": {
      const together = seats.filter(isMerged).length;
      if (unknown > 0 && unknown === seats.length) return { headline: `How ${count(unknown, "sleeper is", "sleepers are")} is not known: no bed has been heard for 1.5 s.`, word: "Not known", least: "watch" };
      if (unknown > 0) return { headline: `${together} of ${seats.length} dream together, ${unknown} ${NOT_KNOWN}.`, word: "Not known", least: "watch" };
      if (together > 0) return { headline: `${together} of ${seats.length} dream together.` };
      return { headline: `Nobody is merged: ${count(seats.length, "sleeper is", "sleepers are")} alone with themselves.`, word: cut.length ? undefined : "Quiet" };
    }
    case "severed": {
      const why = scene.cause ? `: ${scene.cause}` : "";
      if (merged > 0) return { headline: `${scene.name} is severed${why}. ${merged} of ${seats.length} are not yet at zero.`, least: "grave" };
      if (unknown > 0) return { headline: `${scene.name} is severed${why}. ${seats.length - unknown} of ${seats.length} say that they are at zero, ${unknown} ${NOT_KNOWN}.`, word: "Not known", least: "watch" };
      return { headline: `${scene.name} is severed${why}. All ${seats.length} are alone with themselves.`, word: "Severed", least: "watch" };
    }
    case "waking":
      return { headline: `${scene.name} is waking: ${count(seats.length, "sleeper is", "sleepers are")} on the way home.`, word: "Waking", least: merged > 0 ? "watch" : undefined };
    default:
      return { headline: `${scene.name} has ended; everyone is home.`, word: "Ended" };
  }
}

export const named = (seat) => (seat.sleeper ? `${seat.pod} (${seat.sleeper})` : seat.pod);

// When this sleeper was last cut, in the daemon's time; 0 where that is not known.
export function cutSince(view, pod) {
  return view.breakers.get(pod)?.tripped_s ?? view.lastCut.get(pod) ?? 0;
}

function cuts(cut, view, now_s) {
  const newest = cut.map((seat) => ({ seat, since_s: cutSince(view, seat.pod) })).sort((a, b) => b.since_s - a.since_s);
  const told = newest.slice(0, 3).map(({ seat, since_s }) => {
    const when = since_s ? `, ${ago(now_s - since_s)}` : "";
    return `${named(seat)} ${standing(seat)}${when}`;
  });
  if (cut.length > 3) told.push(`and ${cut.length - 3} more; all are listed under “Not in the dream”`);
  return told;
}

function orders(house) {
  return house.orders.map((o) => `A wake order stands for ${o.scope === "fleet" ? "the fleet" : `${o.scope} ${o.target}`} (${o.issuer}${o.reason ? `: ${o.reason}` : ""}): nobody it reaches is merged.`);
}

const GRAVE_KINDS = new Set(["severed", "breaker-tripped", "latched", "uplink-lost", "assign-refused"]);

export const isGrave = (event) => GRAVE_KINDS.has(event.kind) || (event.kind === "state" && /sever/.test(event.sentence));

export function outcome(verb, answer) {
  const unsure = answer.unconfirmed.length
    ? ` Not confirmed by ${answer.unconfirmed.join(", ")}: alone by their tether within 1.5 s, but they have not said so.`
    : "";
  return `${verb}: ${answer.zeroed} zeroed, ${answer.confirmed} confirmed.${unsure}`;
}
