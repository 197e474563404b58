// Sever, resume, wake, release: each one confirmation, each answered in words. A page has the buttons that it needs.
//
// A sever is never kept from being sent: not by a stale drawing, not by an order before it. Where no answer
// comes, that is said, and what holds without one.

import { set } from "./element.js";
import { GONE, clock, isUnknown, outcome } from "./words.js";

const at = (id) => document.getElementById(id);
const put = (id, change) => { const found = at(id); if (found) change(found); };
const NEXT = { sever: "Resume is possible.", wake: "", release: "", "sever-scope": "", "wake-scope": "A named person must lift the wake order before anyone is merged again: dreamd wake lift." };
const LATER = "A Dreamscape that is severed as a whole can be resumed.";
const ALONE = "It has left its seat and is seated again once its sleeper is checked in anew.";

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

export class Orders {
  constructor(view, header) {
    this.view = view;
    this.header = header;
    this.dialog = at("confirm");
    for (const [id, order] of Object.entries({
      sever: () => this.severing(), resume: () => this.resuming(), wake: () => this.waking(),
      release: () => this.releasing(), "wake-bed": () => this.wakingBed(),
      "sever-house": () => this.severingHouse(), "wake-house": () => this.wakingHouse(),
      "sever-site": () => this.severingSite(), "wake-site": () => this.wakingSite(),
    })) put(id, (button) => button.addEventListener("click", () => this.confirm(order())));
    put("site", (chooser) => chooser.addEventListener("change", () => this.changed()));
    this.dialog.addEventListener("close", () => this.closed());
  }

  // A button's words name what it does. Sever and wake are valid in every state; those of the whole house are never
  // disabled, because a bed may hold a slot of a Dreamscape that nobody here knows.
  changed() {
    const { scene, name } = this.view;
    const none = !name;
    for (const [id, verb] of [["sever", "Sever"], ["wake", "Wake"], ["resume", "Resume"]]) {
      put(id, (button) => {
        button.disabled = none || (id === "resume" && scene?.state !== "severed");
        set(button, none ? verb : `${verb} ${name}`);
      });
    }
    put("resume", (button) => { button.hidden = scene?.state !== "severed"; });
    put("sever-house", (button) => set(button, `Sever all beds of this house${this.reach()}`));
    put("wake-house", (button) => set(button, `Wake all beds of this house${this.reach()}`));
    put("site", () => this.sites());
  }

  // How many a house-wide order reaches, by the last list: it reaches also whoever has come since.
  reach() {
    const held = (this.view.house?.dreamscapes ?? []).filter((one) => one.assigned > 0);
    const sleepers = held.reduce((sum, one) => sum + one.assigned, 0);
    return held.length ? ` (${count(held.length, "Dreamscape", "Dreamscapes")}, ${count(sleepers, "sleeper", "sleepers")})` : "";
  }

  sites() {
    const sites = this.view.house?.sites ?? [];
    const chooser = at("site");
    if (chooser.dataset.shown !== sites.join()) {
      const was = chooser.value;
      chooser.dataset.shown = sites.join();
      chooser.replaceChildren(...sites.map((site) => new Option(site, site)));
      if (sites.includes(was)) chooser.value = was;
    }
    at("bysite").hidden = sites.length < 2;
    set(at("sever-site"), `Sever site ${chooser.value}`);
    set(at("wake-site"), `Wake site ${chooser.value}`);
  }

  severing() {
    const { scene, name } = this.view;
    const seats = scene?.seats.filter((seat) => seat.state !== "left") ?? [];
    const merged = seats.filter((seat) => seat.known && seat.applied > 0).length;
    const unknown = seats.filter((seat) => isUnknown(seat)).length;
    const whom = merged === 1 ? "the one who is merged" : merged ? `all ${merged} who are merged` : "everyone";
    const unsure = unknown ? `, and ${count(unknown, "bed", "beds")} of which nothing is known now` : "";
    return { verb: "sever", done: `Severed ${name}`, title: `Sever ${name}?`, text: `This sets ${whom} in ${name} to zero at once${unsure}. They sleep on, each alone with themselves. Resume is possible.${this.others()}`, yes: `Sever ${name}`, name };
  }

  // What a sever of one Dreamscape leaves as it is.
  others() {
    const others = (this.view.house?.dreamscapes ?? []).filter((one) => one.name !== this.view.name && one.assigned > 0);
    return others.length ? ` ${others.map((one) => one.name).join(", ")} ${others.length === 1 ? "goes" : "go"} on.` : "";
  }

  severingHouse() {
    return { verb: "sever-scope", scope: "fleet", done: "Severed all beds of this house", title: "Sever all beds of this house?", text: `This sets everyone in every Dreamscape to zero at once${this.reach()}. They sleep on, each alone with themselves. ${LATER}`, yes: "Sever all beds", name: "" };
  }

  severingSite() {
    const site = at("site").value;
    return { verb: "sever-scope", scope: "site", done: `Severed site ${site}`, title: `Sever site ${site}?`, text: `This sets every bed of ${site} to zero at once. ${LATER} A bed in a Dreamscape with other sites leaves its seat; the others dream on.`, yes: `Sever site ${site}`, name: site };
  }

  resuming() {
    const { scene, name } = this.view;
    return { verb: "resume", title: `Resume ${name}?`, text: `It was severed${scene?.cause ? `: ${scene.cause}` : ""}. Whoever is well is merged again, slowly, from zero.`, yes: `Resume ${name}`, name, etag: scene?.etag ?? "" };
  }

  waking() {
    const { name, scene } = this.view;
    const n = scene?.seats.filter((seat) => seat.state !== "left").length ?? 0;
    return { verb: "wake", done: `Woken ${name}`, title: `Wake everyone in ${name}?`, text: `This severs and then wakes ${n === 1 ? "one sleeper" : `${n} sleepers`}. Each stays alone until they lift it themselves, at their bed.${this.others()}`, yes: `Wake ${name}`, name, asks: true };
  }

  wakingHouse() {
    return { verb: "wake-scope", scope: "fleet", done: "Woken all beds of this house", title: "Wake all beds of this house?", text: `This severs and then wakes everyone in every Dreamscape${this.reach()}. The order stands: no sleeper is merged again before a named person lifts it.`, yes: "Wake all beds", name: "", asks: true };
  }

  wakingSite() {
    const site = at("site").value;
    return { verb: "wake-scope", scope: "site", done: `Woken site ${site}`, title: `Wake site ${site}?`, text: `This severs and then wakes every bed of ${site}. The order stands: none of them is merged again before a named person lifts it.`, yes: `Wake site ${site}`, name: site, asks: true };
  }

  releasing() {
    const { pod } = this.view;
    return { verb: "release", done: `Severed ${pod}`, title: `Sever ${pod}?`, text: `This bed alone, now; the others dream on. ${ALONE}`, yes: `Sever ${pod}`, name: pod };
  }

  wakingBed() {
    const { pod } = this.view;
    return { verb: "wake-scope", scope: "pod", done: `Woken ${pod}`, title: `Wake ${pod}?`, text: "This severs and then wakes this sleeper alone; the others dream on. The order stands until a named person lifts it.", yes: `Wake ${pod}`, name: pod, asks: true };
  }

  confirm(order) {
    if (this.dialog.open) return;
    this.order = order;
    set(at("confirm-title"), order.title);
    set(at("confirm-text"), order.text);
    set(at("confirm-yes"), order.yes);
    this.dialog.dataset.verb = ["release", "sever-scope"].includes(order.verb) ? "sever" : order.verb;
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
    const { verb, name, scope = "", etag = "" } = this.order;
    this.send(this.order, { ...(scope && { scope }), name, etag, reason: form.get("reason") ?? "", issuer: form.get("issuer") ?? "" }, verb);
  }

  async send(order, body, verb) {
    this.say(`${order.yes}: sent.`, false);
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
      const holds = verb === "resume" ? "It is not known whether the Dreamscape was resumed." : GONE;
      return this.say(`No answer from the daemon. ${holds}`, true);
    }
  }

  say(words, isGrave) {
    const place = at("outcome");
    set(place, `${clock(Date.now() / 1000)}  ${words}`);
    place.classList.toggle("grave", isGrave);
  }
}
