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

// The site's provider, where it has one: the way there is a navigation, the way back /session/callback.
const OWN = { "X-Dreamd-Console": "1", "Content-Type": "application/json" };

const offer = async () => {
  const { provider, trouble } = await (await fetch("/session/provider", { headers: OWN })).json();
  if (trouble) set(at("trouble"), `Signing in through the provider does not work now: ${trouble}.`);
  if (!provider) return;
  set(at("go"), `Sign in at ${provider}`);
  at("provider").hidden = false;
};

at("go").addEventListener("click", async () => {
  at("go").disabled = true;
  try {
    const answer = await fetch("/session/provider", { method: "POST", headers: OWN, body: "{}" });
    const told = await answer.json();
    if (answer.ok) return location.assign(told.url);
    set(at("trouble"), `Not signed in: ${told.error}.`);
  } catch {
    set(at("trouble"), "No answer from the console.");
  }
  at("go").disabled = false;
});

offer().catch(() => {});
