// Sever, resume, wake, release: each one confirmation, each answered in words.
//
// A sever is never kept from being sent: not by a stale drawing, not by an order before it. Where no answer
// comes, that is said, and what holds without one.

import { set } from "./element.js";
import { GONE, clock, outcome } from "./words.js";

const at = (id) => document.getElementById(id);
const NEXT = { sever: "Resume is possible.", wake: "", release: "" };

export class Orders {
  constructor(view, header) {
    this.view = view;
    this.header = header;
    this.dialog = at("confirm");
    at("sever").addEventListener("click", () => this.confirm(this.severing()));
    at("resume").addEventListener("click", () => this.confirm(this.resuming()));
    at("wake").addEventListener("click", () => this.confirm(this.waking()));
    at("release").addEventListener("click", () => this.confirm(this.releasing()));
    this.dialog.addEventListener("close", () => this.closed());
  }

  // Sever and wake are valid in every state; where there is nobody to sever there is no Dreamscape.
  changed() {
    const { scene, name } = this.view;
    const none = !name;
    at("sever").disabled = none;
    at("wake").disabled = none;
    at("resume").disabled = none || scene?.state !== "severed";
    at("resume").hidden = scene?.state !== "severed";
  }

  severing() {
    const { scene, name } = this.view;
    const merged = scene?.seats.filter((seat) => seat.applied > 0).length ?? 0;
    const whom = merged === 1 ? "the one who is merged" : merged ? `all ${merged} who are merged` : "everyone";
    return { verb: "sever", done: "Severed", title: `Sever ${name}?`, text: `This cuts ${whom} loose at once. They sleep on, each alone with themselves. Resume is possible.`, yes: "Sever now", name };
  }

  resuming() {
    const { scene, name } = this.view;
    return { verb: "resume", title: `Resume ${name}?`, text: `It was severed${scene?.cause ? `: ${scene.cause}` : ""}. Whoever is well is merged again, slowly, from zero.`, yes: "Resume", name, etag: scene?.etag ?? "" };
  }

  waking() {
    const { name, scene } = this.view;
    const n = scene?.seats.filter((seat) => seat.state !== "left").length ?? 0;
    return { verb: "wake", done: "Woken", title: `Wake everyone in ${name}?`, text: `This severs and then wakes ${n === 1 ? "one sleeper" : `${n} sleepers`}. Each stays alone until they lift it themselves, at their bed.`, yes: "Wake them now", name, asks: true };
  }

  releasing() {
    const { pod } = this.view;
    return { verb: "release", done: `Released ${pod}`, title: `Release ${pod}?`, text: "This bed alone, now; the others dream on. It is not asked again until somebody is checked in there anew.", yes: "Release now", name: pod };
  }

  confirm(order) {
    if (this.dialog.open) return;
    this.order = order;
    set(at("confirm-title"), order.title);
    set(at("confirm-text"), order.text);
    set(at("confirm-yes"), order.yes);
    this.dialog.dataset.verb = order.verb;
    at("confirm-issuer").hidden = !order.asks;
    at("confirm-reason").hidden = order.verb === "resume";
    this.dialog.querySelector("form").reset();
    this.dialog.returnValue = "no";
    this.dialog.showModal();
    at("confirm-yes").focus();
  }

  closed() {
    if (this.dialog.returnValue !== "yes") return;
    const form = new FormData(this.dialog.querySelector("form"));
    const { verb, name, etag = "" } = this.order;
    this.send(this.order, { name, etag, reason: form.get("reason") ?? "", issuer: form.get("issuer") ?? "" }, verb);
  }

  async send(order, body, verb) {
    this.say(`${order.yes.replace(/ now$/, "")}: sent.`, false);
    try {
      const answer = await fetch(`/console/${verb}`, {
        method: "POST",
        headers: { ...this.header, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(6000),
      });
      const said = await answer.json();
      if (answer.status === 503) return this.say(`${said.error}.`, true); // says itself what will be done
      if (!answer.ok) return this.say(`Not done: ${said.error}.`, true);
      if (verb === "resume") return this.say(`Resumed ${order.name}; everyone ramps from zero.`, false);
      return this.say(`${outcome(order.done, said)} ${NEXT[verb]}`.trim(), said.unconfirmed.length > 0);
    } catch {
      const holds = verb === "resume" ? "Nobody may have been resumed." : GONE;
      return this.say(`No answer from the daemon. ${holds}`, true);
    }
  }

  say(words, isGrave) {
    const place = at("outcome");
    set(place, `${clock(Date.now() / 1000)}  ${words}`);
    place.classList.toggle("grave", isGrave);
  }
}
