// The page of one viewer: what the viewer may not order is not offered. Where that is not known, everything is
// offered: the daemon judges each order, and a way out is not hidden by a failure of this file.

import { make } from "./element.js";

const HEADER = { "X-Dreamd-Console": "1" };
const BUTTONS = ["sever", "resume", "wake", "release", "wake-bed", "sever-site", "wake-site", "sever-house", "wake-house"];
const at = (id) => document.getElementById(id);

async function begin() {
  const answer = await fetch("/session", { headers: HEADER, cache: "no-store" });
  if (answer.status === 401) return location.reload();
  const { principal, buttons } = await answer.json();
  for (const id of BUTTONS) at(id).classList.toggle("withheld", !buttons.includes(id));
  at("bysite").classList.toggle("withheld", !buttons.includes("sever-site") && !buttons.includes("wake-site"));
  const out = make("button", "Sign out", { type: "button", id: "sign-out" });
  out.addEventListener("click", signOut);
  const viewer = make("p", "", { class: "viewer", id: "viewer" });
  viewer.append(make("span", principal), make("a", "Stage", { href: "/stage" }), make("a", "Exchange", { href: "/exchange" }), make("a", "Clinic", { href: "/clinic" }), make("a", "Guidelines", { href: "/guidelines" }), make("a", "Access", { href: "/access", id: "to-access" }), out);
  document.querySelector("header").append(viewer);
}

async function signOut() {
  await fetch("/session", { method: "DELETE", headers: { ...HEADER, "Content-Type": "application/json" } });
  location.reload();
}

begin();
