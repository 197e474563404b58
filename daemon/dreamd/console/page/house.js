// The whole house at one look: every Dreamscape, the worst first; the beds that are in none, the most urgent first.
// Dreamscapes that have ended and beds are folded away; the beds unfold by themselves where one needs a person.

import { arrange, make, set } from "./element.js";
import { LEVELS, bedLine, dreamscapeLevel, dreamscapeLine } from "./words.js";

const LIVE_MAX = 12;
const ENDED_MAX = 50;
const NEEDS_A_PERSON = 2; // up to this urgency

const level = (one) => LEVELS.indexOf(dreamscapeLevel(one));
const at = (id) => document.getElementById(id);

export class House {
  constructor(view, choose, lookInto) {
    this.view = view;
    this.choose = choose;
    this.lookInto = lookInto;
    this.needed = 0;
  }

  changed() {
    const { house } = this.view;
    const all = house?.dreamscapes ?? [];
    const live = all.filter((one) => one.state !== "ended").sort((a, b) => level(a) - level(b) || a.rank - b.rank || b.created_s - a.created_s);
    const ended = all.filter((one) => one.state === "ended");
    at("house").hidden = !all.length && !house?.beds.length;
    const shown = live.slice(0, LIVE_MAX);
    if (live.length > LIVE_MAX) shown.push({ name: "", more: live.length - LIVE_MAX });
    if (!live.length) shown.push({ name: "", more: 0 });
    arrange(at("dreamscapes"), shown, (one) => one.name || "#", (one, old) => this.item(one, old));
    at("ended").hidden = !ended.length;
    set(at("ended-title"), `Ended (${ended.length})`);
    arrange(at("ended-list"), ended.slice(0, ENDED_MAX), (one) => one.name, (one, old) => this.item(one, old));
    this.beds(house?.beds ?? [], house?.beds_more ?? 0);
  }

  item(one, old) {
    if (!one.name) {
      const item = old ?? make("li", "", { class: "faint" });
      set(item, one.more ? `and ${one.more} more; the list above has them all` : "No Dreamscape runs.");
      return item;
    }
    const item = old ?? make("li");
    if (!old) {
      const button = make("button", "", { type: "button" });
      button.append(make("span", "", { class: "mark", "aria-hidden": "true" }), make("b", one.name), make("span", "", { class: "line" }));
      button.addEventListener("click", () => this.choose(one.name));
      item.append(button);
    }
    item.dataset.level = dreamscapeLevel(one);
    const button = item.firstElementChild;
    if (one.name === this.view.name) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    set(item.querySelector(".line"), dreamscapeLine(one));
    return item;
  }

  beds(beds, more) {
    const needed = beds.filter((bed) => bed.urgency <= NEEDS_A_PERSON).length;
    const total = beds.length + more;
    at("beds").hidden = !total;
    const needs = needed ? `: ${needed} ${needed === 1 ? "needs" : "need"} a look` : "";
    set(at("beds-title"), `${total} ${total === 1 ? "bed" : "beds"} in no Dreamscape${needs}`);
    at("beds").classList.toggle("grave", needed > 0);
    if (needed > this.needed) at("beds").open = true;
    this.needed = needed;
    if (!at("beds").open) return;
    arrange(at("beds-list"), beds, (bed) => bed.pod, (bed, old) => {
      const item = old ?? make("li");
      if (!old) {
        const button = make("button", "", { type: "button" });
        button.append(make("b", bed.pod), make("span", "", { class: "line" }));
        button.addEventListener("click", () => this.lookInto(bed.pod));
        item.append(button);
      }
      item.classList.toggle("grave", bed.urgency <= NEEDS_A_PERSON);
      set(item.querySelector(".line"), bedLine(bed, this.view.now_s));
      return item;
    });
  }
}
