// Looking into one sleeper: everything known of them, and the one order that concerns them alone.

import { arrange, make, set } from "./element.js";
import { comesBack, eventItem } from "./lists.js";
import { NOT_KNOWN, ago, dose, isCut, named, number, percent, renders, span, standing } from "./words.js";

const at = (id) => document.getElementById(id);

export class Sleeper {
  constructor(view, leave) {
    this.view = view;
    this.from = null;
    this.leave = leave;
    at("sleeper-close").addEventListener("click", leave);
    at("sleeper").addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave();
    });
  }

  // Show this pod, none for empty; focus goes to the name, and back to where it was.
  open(pod, from) {
    at("sleeper").hidden = !pod;
    if (pod) {
      this.from ??= from;
      this.changed();
      this.focus();
      return;
    }
    if (this.from?.isConnected) this.from.focus();
    this.from = null;
  }

  // Show nobody, and leave the focus where it is.
  shut() {
    at("sleeper").hidden = true;
    this.from = null;
  }

  focus() {
    at("sleeper-name").focus({ preventScroll: false });
  }

  changed() {
    const { pod, scene, bed, now_s } = this.view;
    if (!pod) return;
    const seat = scene?.seats.find((one) => one.pod === pod);
    set(at("sleeper-name"), seat ? named(seat) : pod);
    const state = at("sleeper-state");
    set(state, seat ? standing(seat) : "has no seat here");
    state.classList.toggle("grave", Boolean(seat && isCut(seat)));
    arrange(at("sleeper-facts"), facts(seat, this.view.bedBreaker, bed, now_s, scene), ([name]) => name, ([name, words], old) => {
      const item = old ?? make("div");
      if (!old) item.append(make("dt", name), make("dd"));
      set(item.lastElementChild, words);
      item.lastElementChild.classList.toggle("unknown", words === NOT_KNOWN);
      return item;
    });
    this.channels(bed);
    this.named(pod);
    const own = this.view.events.filter((event) => event.pod === pod).slice(-12).reverse();
    arrange(at("sleeper-events"), own, (event) => event.cursor, eventItem);
  }

  // The buttons of one bed say whose they are.
  named(pod) {
    set(at("release"), `Sever ${pod}`);
    set(at("wake-bed"), `Wake ${pod}`);
  }

  channels(bed) {
    arrange(at("sleeper-channels"), bed?.channels ?? [], ([name]) => name, ([name, quality, cause], old) => {
      const item = old ?? make("div", "", { class: "channel" });
      if (!old) item.append(make("span", name), make("meter", "", { min: "0", max: "1", low: "0.4", optimum: "1", "aria-label": `quality of ${name}` }), make("span"));
      item.children[1].value = quality ?? 0;
      set(item.children[2], `${percent(quality)}${cause ? ` ${cause}` : ""}`);
      return item;
    });
  }
}

function facts(seat, breaker, bed, now_s, scene) {
  const waits = (breaker?.state !== "open" || comesBack(scene, seat)) && breaker?.until_s > now_s ? `, for ${span(breaker.until_s - now_s)} more` : "";
  const told = [
    ["Coupling granted", number(seat?.granted, 3)],
    ["Coupling applied", number(seat?.applied, 3)],
    ["Quality", percent(seat?.quality) + (bed?.quality_cause ? `, ${bed.quality_cause}` : "")],
    ["Breaker", breaker ? `${breaker.state}${breaker.cause ? `: ${breaker.cause}` : ""}${waits}` : (seat?.breaker ?? NOT_KNOWN)],
    ["Consent", seat?.consent || NOT_KNOWN],
    ["Dose", seat ? dose(seat.dose_share) : NOT_KNOWN],
    ["Distance to the collective", number(seat?.distance)],
    ["Own synchrony", number(seat?.synchrony)],
    ["Identity", number(seat?.identity)],
  ];
  if (breaker?.evidence) told.push(["Evidence", breaker.evidence]);
  if (seat?.refusal) told.push(["Not admitted", seat.refusal]);
  if (!bed) return told;
  told.push(["Bed", `${bed.online ? "online" : "offline"}, ${bed.state}${bed.latched ? `, latched: ${bed.latched}` : ""}`]);
  told.push(["Last heard", bed.heard_age_s === null ? "-" : ago(bed.heard_age_s)]);
  told.push(["Renders", renders(bed)]);
  if (bed.gateway) told.push(["Gateway", bed.unheard_gateway ? `${bed.gateway}, not heard: the bed sends for itself` : bed.gateway]);
  told.push(["Device", [bed.device, bed.site].filter(Boolean).join(", ") || NOT_KNOWN]);
  told.push(["Clock", bed.clock_uncertainty_ms === null ? NOT_KNOWN : `within ${number(bed.clock_uncertainty_ms, 1)} ms`]);
  return told;
}
