// What is so, in words. Pure: no document, no clock. Whatever is not known is said to be not known.

export const NOT_KNOWN = "not known";

export function number(value, digits = 2) {
  return value === null || value === undefined || !Number.isFinite(value) ? NOT_KNOWN : value.toFixed(digits);
}

export function percent(value) {
  return value === null || value === undefined || !Number.isFinite(value) ? NOT_KNOWN : `${Math.round(value * 100)} %`;
}

// The share of the nearer limit of dose: from 80 % on the sleeper is not admitted anew.
export function dose(share) {
  const words = percent(share);
  if (words === NOT_KNOWN) return words;
  return `${words} of the limit${share < 0.8 ? "" : share < 1 ? ", near it" : ", reached"}`;
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
    return { level: "grave", word: "No tick", headline: "The daemon is frozen: it answers and does not tick.", facts: [TETHER, ...lastSeen(view)] };
  }
  if (link === "refused") {
    return { level: "grave", word: "Access refused", headline: "The daemon refuses this page.", facts: [view.refusal, ...lastSeen(view)] };
  }
  if (link === "broken") {
    return { level: "grave", word: "This page has failed", headline: "This page has failed; load it anew.", facts: lastSeen(view) };
  }
  if (house.withheld) {
    return { level: "unknown", word: "Not shown", headline: "This credential shows no Dreamscapes; ways out work.", facts: troubles(house) };
  }
  if (!house.dreamscapes.length) {
    const facts = [...troubles(house), "No sleeper is merged. One is planned with: dreamd dreamscapes create", ...mute(house), ...orders(house)];
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

// Beds with a sleeper that is given nothing: not grave, as in a demonstration, and never silent.
function mute(house) {
  const beds = house.pods?.rendering_nothing ?? 0;
  if (!beds) return [];
  return [beds === 1 ? "One bed renders nothing: its sleeper hears nothing." : `${beds} beds render nothing: their sleepers hear nothing.`];
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
  facts.push(...mute(house));
  facts.push(...orders(house));
  facts.push(...recording(scene));
  if (scene.tick?.intimate && scene.state === "dreaming") facts.push("Fewer than five people: the group signal is hidden for privacy.");
  const share = scene.tick?.crowd.artist_share;
  if (share > 0 && scene.state === "dreaming") facts.push(`An artist leads: ${percent(share)} of what is blended is the artist’s.`);
  const { headline, word, least } = view.stale ? { headline: `No tick for ${span(view.age_s)}.` } : headlines(scene, seats, cut);
  if (least === "grave" || (least === "watch" && level === "well")) level = least;
  return { level, word: { well: word ?? "All is well", watch: word ?? `${count(others.length, "bed is", "beds are")} severed or on trial`, grave: "Look here" }[level], headline, facts };
}

// Whether this Dreamscape is recorded, how much the disk has, and what is wrong with it.
function recording(scene) {
  const one = scene.recording;
  if (!one) return [];
  const kept = one.parts ? `${span(one.written_s)} on the disk` : "nothing on the disk yet";
  const facts = {
    waiting: ["It is recorded, without names, from its first tick on."],
    running: [`It is recorded, without names: ${kept}${one.directory ? ` (${one.directory})` : ""}.`],
    stopped: [{ words: `It is recorded no longer: ${one.trouble}. ${kept[0].toUpperCase()}${kept.slice(1)}.`, grave: true }],
    complete: [`It was recorded, without names: ${kept}${one.directory ? ` (${one.directory})` : ""}.`],
  }[one.state] ?? [];
  if (one.missing) facts.push({ words: `The disk is too slow: its recording lacks ${count(one.missing, "tick or event", "ticks and events")}.`, grave: true });
  return facts;
}

function headlines(scene, seats, cut) {
  const merged = seats.filter((s) => s.known && s.applied > 0).length;
  const unknown = seats.filter(isUnknown).length;
  switch (scene.state) {
    case "planned":
      return { headline: `${scene.name} is planned; no sleeper is merged.`, word: "Quiet" };
    case "gathering": {
      const ready = seats.filter((s) => s.state !== "waiting").length;
      return { headline: `${scene.name} gathers: ${ready} of ${seats.length} are ready, ${scene.seats_min} must be.`, word: "Gathering" };
    }
    case "dreaming": {
      if (seats.length < scene.assigned) return counted(scene);
      const together = seats.filter(isMerged).length;
      if (unknown > 0 && unknown === seats.length) return { headline: `How ${count(unknown, "sleeper is", "sleepers are")} is not known: no bed has been heard for 1.5 s.`, word: "Not known", least: "watch" };
      if (unknown > 0) return { headline: `${together} of ${seats.length} dream together, ${unknown} ${NOT_KNOWN}.`, word: "Not known", least: "watch" };
      if (together > 0) return { headline: `${together} of ${seats.length} dream together.` };
      return { headline: `No sleeper is merged: ${count(seats.length, "sleeper is", "sleepers are")} alone with themselves.`, word: cut.length ? undefined : "Quiet" };
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

// For a viewer that is not shown the seats: the counts of the Dreamscape.
function counted({ assigned, merged }) {
  return { headline: merged ? `${merged} of ${assigned} dream together.` : `No sleeper is merged: ${count(assigned, "sleeper is", "sleepers are")} alone with themselves.` };
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
  if (cut.length > 3) told.push(`and ${cut.length - 3} more; all are listed under “Severed or left”`);
  return told;
}

function orders(house) {
  return house.orders.map((o) => `A wake order stands for ${o.scope === "fleet" ? "the fleet" : `${o.scope} ${o.target}`} (${o.issuer}${o.reason ? `: ${o.reason}` : ""}): no sleeper it reaches is merged.`);
}

// What a group of events of one kind is called; of other kinds, the kind itself.
const KIND_WORDS = { merged: "merged", severed: "severed", left: "left", "breaker-tripped": "breakers tripped", "breaker-changed": "breakers changed", "assign-refused": "refused an assign" };
const GROUPED_WITHIN_S = 10;
const GROUPED_LEAST = 3;

// Events in their order; three or more of one kind and cause, of different beds and within ten seconds, are one line.
export function grouped(events) {
  const groups = [];
  const open = new Map();
  for (const event of events) {
    const kind = `${event.kind}/${event.dreamscape}/${event.cause}`;
    const found = event.pod && open.get(kind);
    if (found && event.at_s - found.events.at(-1).at_s <= GROUPED_WITHIN_S) {
      found.events.push(event);
      continue;
    }
    const group = { key: event.cursor, events: [event] };
    groups.push(group);
    if (event.pod) open.set(kind, group);
  }
  const whole = groups.flatMap((group) => (group.events.length < GROUPED_LEAST ? group.events.map((event) => ({ key: event.cursor, events: [event] })) : [group]));
  for (const group of whole) group.words = groupWords(group.events);
  return whole.sort((a, b) => a.key - b.key);
}

function groupWords(events) {
  const [{ kind, cause, sentence }] = events;
  if (events.length === 1) return sentence;
  const beds = new Set(events.map((event) => event.pod)).size;
  return `${count(beds, "bed", "beds")}: ${KIND_WORDS[kind] ?? kind.replaceAll("-", " ")}${cause ? ` (${cause})` : ""}`;
}

// A Dreamscape in one line of the overview, and how urgent it is.
export function dreamscapeLine(one) {
  const parts = [one.state + (one.cause && one.state === "severed" ? `: ${one.cause}` : "")];
  if (one.assigned) parts.push(`${one.merged} of ${one.assigned} merged`);
  else if (one.seats && one.state !== "ended") parts.push(count(one.seats, "seat taken", "seats taken"));
  if (one.unheard) parts.push(`${one.unheard} ${NOT_KNOWN}`);
  const record = { waiting: "to be recorded", running: "recorded", stopped: "recording stopped" }[one.recording?.state];
  if (record) parts.push(record);
  return parts.join(" · ");
}

export const LEVELS = ["grave", "watch", "well", "unknown"];

export function dreamscapeLevel(one) {
  if (one.unheard > 0 || (one.state === "severed" && one.merged > 0)) return "grave";
  if (one.state === "severed" || one.state === "waking" || (one.state === "dreaming" && one.merged < one.assigned)) return "watch";
  return one.state === "dreaming" ? "well" : "unknown";
}

// What a bed gives its sleeper.
export function renders(bed) {
  if (bed.renderer_fault) return `failed: ${bed.renderer_fault}`;
  if (bed.renderer === "null") return "nothing: its sleeper hears nothing";
  return bed.renderer || NOT_KNOWN;
}

// A bed that holds no seat, in one line. now_s: the daemon's time.
export function bedLine(bed, now_s) {
  const parts = [bed.sleeper || "no sleeper"];
  if (bed.breaker === "locked") parts.push(`locked: ${bed.cause || NOT_KNOWN}, waits for a person`);
  else if (bed.breaker !== "closed") parts.push(`breaker ${bed.breaker}: ${bed.cause || NOT_KNOWN}`);
  if (bed.state === "offline") parts.push("offline");
  else if (bed.state === "unheard") parts.push("connected, not heard");
  else if (bed.latched) parts.push(`latched: ${bed.latched}`);
  else if (bed.sleeper && bed.quality_cause) parts.push(`signal: ${bed.quality_cause}`);
  else if (bed.sleeper) parts.push(bed.state);
  if (bed.renderer_fault) parts.push(`renderer ${renders(bed)}`);
  else if (bed.renderer === "null") parts.push("this bed renders nothing: its sleeper hears nothing");
  parts.push(bed.last_heard_s ? `heard ${ago(now_s - bed.last_heard_s)}` : "never heard");
  if (bed.site) parts.push(bed.site);
  return parts.join(" · ");
}

// The kinds of events that a person should look at (core/event_kinds.py; a test holds both together).
const GRAVE_KINDS = new Set([
  "severed", "breaker-tripped", "latched", "assign-refused", "uplink-lost", "broker-down",
  "group-severed", "coupling-halved", "identity-lost", "step-failed", "ledger-restored", "ledger-write-failed",
  "recording-stopped", "code-reused", "broker-open", "audit-contradicted", "credential-expired",
  "case-climbed", "alarm-raised", "houses-parted",
]);

export const isGrave = (event) => GRAVE_KINDS.has(event.kind) || (event.kind === "state" && /sever/.test(event.sentence));

export function outcome(verb, answer) {
  if (answer.kept) return `${verb}: kept for the daemon that owns the house. ${answer.kept}.`;
  const unsure = answer.unconfirmed.length
    ? ` Not confirmed by ${answer.unconfirmed.join(", ")}: alone by their tether within 1.5 s, but they have not said so.`
    : "";
  return `${verb}: ${answer.zeroed} zeroed, ${answer.confirmed} confirmed.${unsure}`;
}
