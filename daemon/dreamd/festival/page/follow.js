// Follows a festival that runs: asks for the next state of the page, and keeps what the reader has opened.
"use strict";

const main = document.querySelector("main");
let revision = 0;

async function follow() {
  for (;;) {
    let answer;
    try {
      answer = await fetch(`/part?after=${revision}`, { cache: "no-store" });
    } catch {
      answer = null;
    }
    if (answer === null || !answer.ok) {
      main.querySelector(".verdict")?.setAttribute("data-lost", "");
      await new Promise((again) => setTimeout(again, 1000));
      continue;
    }
    const told = await answer.json();
    if (told.revision !== revision) {
      revision = told.revision;
      const open = [...main.querySelectorAll("details[open]")].map((one) => one.id);
      const held = document.activeElement?.closest("details")?.id;
      main.innerHTML = told.html;
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (held) document.getElementById(held)?.querySelector("summary")?.focus();
    }
    if (told.over) return;
  }
}

follow();
