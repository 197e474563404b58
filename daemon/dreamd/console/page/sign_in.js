// Signing in: a credential or a code is traded for a cookie that scripts cannot read; then the page loads anew.

import { set } from "./element.js";

const at = (id) => document.getElementById(id);

at("file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) at("secret").value = await file.text();
});

at("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("send").disabled = true;
  set(at("outcome"), "Signing in.");
  try {
    const answer = await fetch("/session", {
      method: "POST",
      headers: { "X-Dreamd-Console": "1", "Content-Type": "application/json" },
      body: JSON.stringify({ secret: at("secret").value }),
      signal: AbortSignal.timeout(12000),
    });
    at("secret").value = "";
    if (answer.ok) return location.reload();
    set(at("outcome"), `Not signed in: ${(await answer.json()).error}.`);
  } catch {
    set(at("outcome"), "No answer from the console.");
  } finally {
    at("send").disabled = false;
  }
});
