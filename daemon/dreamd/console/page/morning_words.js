// A sleeper's case, and the questions of a morning, in words. Pure: no document, no clock.

import { moment } from "./consent_words.js";

// Karolinska Sleepiness Scale, Akerstedt and Gillberg 1990: every step has its words.
export const KSS = [
  [1, "Extremely alert"],
  [2, "Very alert"],
  [3, "Alert"],
  [4, "Rather alert"],
  [5, "Neither alert nor sleepy"],
  [6, "Some signs of sleepiness"],
  [7, "Sleepy, but no effort to keep awake"],
  [8, "Sleepy, some effort to keep awake"],
  [9, "Very sleepy, great effort to keep awake, fighting sleep"],
];

export const WHO5 = [
  "I have felt cheerful and in good spirits",
  "I have felt calm and relaxed",
  "I have felt active and vigorous",
  "I woke up feeling fresh and rested",
  "My daily life has been filled with things that interest me",
];

export const OFTEN = [
  [5, "All of the time"],
  [4, "Most of the time"],
  [3, "More than half of the time"],
  [2, "Less than half of the time"],
  [1, "Some of the time"],
  [0, "At no time"],
];

// What is still to be answered, as [name of the field, sentence]; who5: null where it is not answered.
export function unanswered(kss, who5) {
  if (kss === null && who5.every((one) => one === null)) return ["kss", "Choose one answer first."];
  const lacks = who5.indexOf(null);
  if (lacks >= 0 && who5.some((one) => one !== null)) return [`who5-${lacks}`, `Answer “${WHO5[lacks]}” too, or none of the five.`];
  return null;
}

export function thanks(told) {
  const parts = ["Thank you. Your answers are kept."];
  if (told.case) parts.push("A clinician looks at them.");
  if (told.physician) parts.push("Your well-being is low: it is worth speaking to a physician about it.");
  return parts.join(" ");
}

const STEPS = { 1: "a quarter", 2: "half", 3: "the whole" };

// What the case means for this sleeper.
export function caseWords(one) {
  if (one.state === "returning") return `You come back step by step: the next night has ${STEPS[one.step] ?? "the whole"} of your ceiling. You sleep, wake and leave as always.`;
  if (one.held) return "The clinic cares for you. Until it releases you, you sleep alone. You sleep, wake and leave as always.";
  return "The clinic looks at your night.";
}

export const caseNext = (one) => `${one.contact ? `Ring ${one.contact}` : "Go to the desk"} to speak about it. Your case is ${one.case}.`;

export function caseFacts(one) {
  const found = one.evidence.map((line) => [moment(line.at_s), line.words || line.cause]);
  if (one.answered_s) found.push([moment(one.answered_s), "a clinician answered"]);
  return found;
}
