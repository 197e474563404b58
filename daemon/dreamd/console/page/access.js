// The page of access: principals, enrolment, the audit log, the roles. Each part is shown where the viewer may read it.
//
// A code is shown once, here alone: it is in no address and in nothing that the browser keeps.

import { make, set } from "./element.js";

const HEADER = { "X-Dreamd-Console": "1" };
const at = (id) => document.getElementById(id);
const utc = (s) => new Date(s * 1000).toISOString().slice(0, 19).replace("T", " ");

async function read(path) {
  const answer = await fetch(path, { headers: HEADER, cache: "no-store" });
  const told = await answer.json();
  if (answer.status === 401) location.assign("/");
  if (!answer.ok) throw Object.assign(new Error(told.error), { status: answer.status });
  return told;
}

async function post(path, told) {
  const answer = await fetch(path, { method: "POST", headers: { ...HEADER, "Content-Type": "application/json" }, body: JSON.stringify(told) });
  const got = await answer.json();
  if (answer.status === 401) location.assign("/");
  if (!answer.ok) throw new Error(got.error);
  return got;
}

// A part that the viewer may not read stays away; any other failure is told.
async function show(part, path, draw) {
  try {
    draw(await read(path));
    at(part).hidden = false;
  } catch (error) {
    if (error.status !== 403) set(at("outcome"), `Not read: ${error.message}.`);
  }
}

function row(cells) {
  const tr = make("tr");
  for (const cell of cells) {
    const td = make("td", typeof cell === "string" ? cell : "");
    if (typeof cell !== "string") td.append(...cell);
    tr.append(td);
  }
  return tr;
}

let may = new Set();

function drawPrincipals({ principals, now_s }) {
  at("principals").replaceChildren(...principals.map((one) => {
    const acts = [];
    if (may.has("RevokePrincipal") && one.state !== "revoked") acts.push(act(`Revoke ${one.name}`, () => revoke(one)));
    if (may.has("ResumePrincipal") && one.state === "paused") acts.push(act(`Resume ${one.name}`, () => resume(one)));
    const until = one.expires_s === null ? "-" : `${utc(one.expires_s)}${one.expires_s < now_s ? ", expired" : ""}`;
    const state = one.state === "paused" ? `paused: ${one.paused}` : one.state;
    const bed = one.bed ? [one.bed.state, one.bed.site].filter(Boolean).join(", ") : one.kind === "bed" ? "not known" : "-";
    const line = row([one.name, one.kind, one.roles.join("; ") || "-", state, until, bed, acts]);
    if (one.state !== "enrolled") line.className = "cut";
    return line;
  }));
}

function act(words, work) {
  const button = make("button", words, { type: "button" });
  button.addEventListener("click", work);
  return button;
}

// One question; the answer is the reason, or null where it is not to be done.
function ask(title, text, yes, wantsReason) {
  const dialog = at("confirm");
  set(at("confirm-title"), title);
  set(at("confirm-text"), text);
  set(at("confirm-yes"), yes);
  at("confirm-reason").hidden = !wantsReason;
  dialog.querySelector("[name=reason]").value = "";
  dialog.returnValue = "";
  dialog.showModal();
  at("confirm-yes").focus();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes" ? dialog.querySelector("[name=reason]").value : null), { once: true });
  });
}

async function act_on(path, told, words) {
  try {
    await post(path, told);
    set(at("outcome"), words);
  } catch (error) {
    set(at("outcome"), `Not done: ${error.message}.`);
  }
  await principals();
}

async function revoke(one) {
  const reason = await ask(`Revoke ${one.name}?`, "Its calls end at once, and its credential is refused. A bed leaves its seat. Only a new enrolment lets it in again.", `Revoke ${one.name}`, true);
  if (reason !== null) await act_on("/console/revoke", { name: one.name, reason }, `${one.name} is revoked.`);
}

async function resume(one) {
  const reason = await ask(`Resume ${one.name}?`, `It is paused: ${one.paused}.`, `Resume ${one.name}`, false);
  if (reason !== null) await act_on("/console/resume-principal", { name: one.name }, `${one.name} is not paused any more.`);
}

function fields() {
  const form = at("enrol");
  const kind = form.elements.kind.value;
  const role = kind === "person" ? form.elements.role.value : kind;
  for (const label of form.querySelectorAll("[data-for]")) {
    const words = label.dataset.for.split(" ");
    label.hidden = !(words.includes(kind) || words.includes(role));
  }
}

const enrol = (event) => give(event, "enrol", "/console/enrol");
const walkIn = (event) => give(event, "walk-in", "/console/walk-in");
let given = "enrol";

// Ask for a code by the form of this id, and show it.
async function give(event, form, path) {
  event.preventDefault();
  at(`${form}-send`).disabled = true;
  try {
    const got = await post(path, Object.fromEntries(new FormData(at(form))));
    given = form;
    const way = got.page ? "by this picture, with a telephone of their own, or by this line" : "by this line";
    set(at("line-words"), `${got.name} enrols until ${utc(got.expires_s)} UTC, once, ${way}. It is shown here and nowhere again.`);
    set(at("line-text"), got.command);
    draw(got.qr);
    at("line").hidden = false;
    at("line").focus();
    set(at("outcome"), `${got.name} may enrol.`);
    at(form).reset();
    fields();
    if (may.has("ListPrincipals")) await principals();
  } catch (error) {
    set(at("outcome"), `Not enrolled: ${error.message}.`);
  } finally {
    at(`${form}-send`).disabled = false;
  }
}

function draw(rows) {
  const canvas = at("qr");
  const quiet = 4;
  canvas.width = canvas.height = rows.length + 2 * quiet;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  rows.forEach((line, y) => [...line].forEach((one, x) => one === "1" && pen.fillRect(x + quiet, y + quiet, 1, 1)));
}

function hideLine() {
  at("line").hidden = true;
  set(at("line-text"), "");
  draw([]);
  at(given).querySelector("input").focus();
}

function drawRecords({ records }) {
  at("records").replaceChildren(...records.map((one) => row([
    String(one.n), utc(one.at_s), [one.principal, one.on_behalf_of].filter(Boolean).join(" for ") || "-", one.method, one.target || "-", one.outcome,
  ])));
}

async function verify() {
  at("verify").disabled = true;
  set(at("verdict"), "Verifying.");
  try {
    const told = await read("/console/audit-verdict");
    const proof = told.proven ? "its checkpoints are signed by the daemon" : "the signatures of its checkpoints were not checked here";
    set(at("verdict"), told.whole ? `Whole: ${told.n} records; ${proof}.` : told.findings.join("; "));
    at("verdict").className = told.whole ? "" : "grave";
  } catch (error) {
    set(at("verdict"), `Not verified: ${error.message}.`);
  } finally {
    at("verify").disabled = false;
  }
}

function drawRules({ roles, rules }) {
  at("roles").replaceChildren(...["Method", "Effect", ...roles].map((word) => make("th", word, { scope: "col" })));
  at("role").append(...roles.map((role) => new Option(role, role)));
  const fill = () => {
    const role = at("role").value;
    at("rules").replaceChildren(...rules.filter((one) => !role || one.roles.includes(role)).map((one) => row([
      `${one.method}${one.person ? " (a person)" : one.open ? " (without a credential)" : ""}`, one.effect, ...roles.map((word) => (one.roles.includes(word) ? "yes" : "-")),
    ])));
  };
  at("role").addEventListener("change", fill);
  fill();
}

const principals = () => show("principals-part", "/console/principals", drawPrincipals);

async function begin() {
  const { principal, methods } = await read("/session");
  may = new Set(methods);
  set(at("viewer"), principal);
  at("enrol-part").hidden = !may.has("EnrolPrincipal");
  at("walk-in-part").hidden = !may.has("EnrolSleeper");
  fields();
  at("enrol").addEventListener("submit", enrol);
  at("walk-in").addEventListener("submit", walkIn);
  at("enrol").addEventListener("change", fields);
  at("line-done").addEventListener("click", hideLine);
  at("verify").addEventListener("click", verify);
  if (may.has("ListPrincipals")) await principals();
  if (may.has("ExportAudit")) await show("audit-part", "/console/audit", drawRecords);
  if (may.has("ListRules")) await show("rules-part", "/console/rules", drawRules);
}

begin();
