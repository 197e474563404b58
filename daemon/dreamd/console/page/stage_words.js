// The stage in words: who leads, what stops the lead, and how far the applied values are from the asked ones. Pure.

import { GONE, NOT_KNOWN, number, percent, span, standing } from "./words.js";

const NEAR = 0.05; // closer than a slider's step: applied is what was asked
const NEAR_SHARE = 0.005;

export const signed = (value) => (value === null || value === undefined ? NOT_KNOWN : `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(1)}`);
export const shareWords = (value) => (value === null || value === undefined ? NOT_KNOWN : value.toFixed(2));

// The features of a schema as rows of bands: each has its place in the vector.
export function bandsOf({ bands, regions }) {
  return bands.map((band, b) => ({ band, features: regions.map((region, r) => ({ band, region, at: r * bands.length + b })) }));
}

// The vector and share of the last tick: of a lead, else zero.
export function applied(tick, size) {
  const leads = tick?.artist.length === size;
  return { vector: leads ? tick.artist : Array(size).fill(0), share: leads ? tick.crowd.artist_share ?? 0 : 0 };
}

export function isNear(asked, now) {
  return Math.abs(asked.share - now.share) <= NEAR_SHARE && asked.vector.every((value, i) => Math.abs(value - now.vector[i]) <= NEAR);
}

export function headline(stage) {
  const { link, name, scene, leading, size } = stage;
  if (link === "connecting") return "Looking for the daemon";
  if (link !== "live") return "This page does not hear the house";
  if (!name) return "There is no Dreamscape to lead";
  if (!scene) return `Looking at ${name}`;
  const now = scene.state === "dreaming" ? applied(scene.tick, size) : { share: 0 };
  if (leading && now.share > 0) return `You lead ${name}: ${percent(now.share)} of the blend is yours`;
  if (leading) return `You ask to lead ${name}; nothing is applied`;
  if (now.share > 0) return `An artist leads ${name}: ${percent(now.share)} of the blend`;
  return { dreaming: `${name} dreams; no artist leads`, severed: `${name} is severed`, waking: `${name} is waking`, ended: `${name} has ended` }[scene.state] ?? `${name} has not begun`;
}

// Why a lead is not applied, or not as it was asked; each a sentence, and whether it is grave.
export function stops(stage) {
  const { link, refusal, name, scene, house, may, leading, asked, size, stale, own } = stage;
  const told = [];
  const say = (words, grave = false) => told.push({ words, grave });
  if (link === "refused") say(`${refusal}.`, true);
  else if (link !== "live" && link !== "connecting") say(`${GONE} A lead of this page ends within a second.`, true);
  if (link !== "live") return told;
  for (const words of house?.troubles ?? []) say(`${words[0].toUpperCase()}${words.slice(1)}.`, true);
  if (!may.lead) say("Your roles do not lead: it takes an artist of this Dreamscape, or an operator of its site.");
  if (!name || !scene) return told;
  if (!(scene.artist_share_most > 0)) say(`The plan of ${name} gives an artist no share, so it cannot be led.`);
  switch (scene.state) {
    case "severed": say(`${name} is severed${scene.cause ? `: ${scene.cause}` : ""}. A lead reaches no sleeper until an operator resumes it.`, true); break;
    case "waking": say(`${name} is waking: every sleeper is at zero.`); break;
    case "ended": say(`${name} has ended.`); break;
    case "dreaming": break;
    default: say(`${name} has not begun. A lead counts from its first tick on.`);
  }
  if (scene.state === "dreaming") sayOfTheDream(stage, say);
  if (own && (own.state === "severed" || own.breaker !== "closed")) say(`Your own bed is ${standing(own)}. A severed sleeper leads no more.`, true);
  if (stale) say(`No tick for ${span(stage.age_s)}: every sleeper is alone by their own tether within 1.5 s.`, true);
  else if (leading && scene.tick && scene.state === "dreaming") {
    const now = applied(scene.tick, size);
    if (!(now.share > 0) && asked.share > 0) say("You ask for a share, and none is applied yet.");
    else if (!(asked.share > 0)) say("Your share is 0, so no sleeper is given your vector.");
    else if (!isNear(asked, now)) say("What is applied follows what you ask.");
  }
  return told;
}

function sayOfTheDream({ scene }, say) {
  const halved = scene.tick?.crowd.halved_cause;
  if (halved) say(`Coupling is halved for every sleeper: ${halved}.`, true);
  if (scene.assigned > 0 && !(scene.merged > 0)) say("No sleeper is merged now.");
  if (scene.tick?.intimate) say("Fewer than five people, or an intimate Dreamscape: the group’s own values are hidden.");
}

// How fast the applied values move, by the guidelines.
export function slewWords({ artist_slew: vector, artist_share_slew: share }, fresh_s) {
  const moves = vector && share ? `The guidelines let a feature move by ${vector} a second and the share by ${share} a second, so what is applied follows what you ask. ` : "";
  return `${moves}A lead ends within ${fresh_s} s where this page falls silent, and with Esc.`;
}

export function synchronyOf(tick, band) {
  const one = tick?.crowd.synchrony.find((each) => each.band === band);
  return one ? `synchrony z ${number(one.z)}` : "";
}

export function groupFacts(scene) {
  const tick = scene?.tick;
  if (!scene) return [];
  return [
    ["Audience", `${scene.merged} of ${scene.assigned} merged`],
    ["Coupling of each", tick ? number(tick.crowd.level, 3) : NOT_KNOWN],
    ["Spread", tick ? number(tick.dispersion) : NOT_KNOWN],
    ["Synchrony", strongest(tick)],
    ["Identity", tick ? number(tick.crowd.i_diff) : NOT_KNOWN],
    ["Share at most", shareWords(scene.artist_share_most)],
  ];
}

function strongest(tick) {
  const known = (tick?.crowd.synchrony ?? []).filter((one) => one.z !== null);
  if (!known.length) return NOT_KNOWN;
  const one = known.reduce((most, each) => (each.z > most.z ? each : most));
  return `${one.band}, z ${number(one.z)}`;
}

export function ownFacts(seat) {
  return [
    ["Coupling", `${number(seat.applied, 3)} of ${number(seat.granted, 3)}`],
    ["Likeness to yourself", number(seat.identity)],
    ["Synchrony", number(seat.synchrony)],
    ["Dose", percent(seat.dose_share)],
    ["Signal", percent(seat.quality)],
  ];
}
