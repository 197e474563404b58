// Calls every method of dreamapi.v1 as a client in JavaScript does, with the .proto files alone.
//
//   node calls.js HOST:PORT PROTO_DIRECTORY
//
// The daemon there has the pods light-1 to light-3, ready, and nothing else. Printed is one JSON object: for
// each method its answer, or its refusal with google.rpc.ErrorInfo as the trailer has it.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, directory] = process.argv.slice(2);
const files = fs
  .readdirSync(path.join(directory, "dreamapi", "v1"))
  .filter((name) => name.endsWith(".proto"))
  .map((name) => `dreamapi/v1/${name}`);
const definition = loader.loadSync(files, {
  includeDirs: [directory], keepCase: true, longs: String, enums: String, defaults: true,
});
const api = grpc.loadPackageDefinition(definition).dreamapi.v1;
const Status = definition["dreamapi.v1.Status"];
const ErrorInfo = definition["dreamapi.v1.ErrorInfo"];

const clients = {};
const methods = [];
for (const [name, made] of Object.entries(api)) {
  if (!made.service) continue;
  clients[name] = new made(address, grpc.credentials.createInsecure());
  for (const method of Object.keys(made.service)) methods.push(`${name}.${method}`);
}

const told = {};
const deadline = () => new Date(Date.now() + 10_000);

function refusal(error) {
  const [raw] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const info = raw && Status.deserialize(raw).details.find((one) => one.type_url.endsWith("google.rpc.ErrorInfo"));
  return { code: error.code, message: error.details, ...(info ? { info: ErrorInfo.deserialize(info.value) } : {}) };
}

function unary(name, request, as = name) {
  const [service, method] = name.split(".");
  return new Promise((resolve) => {
    clients[service][method](request, { deadline: deadline() }, (error, answer) => {
      told[as] = error ? { refused: refusal(error) } : { answer };
      resolve(answer);
    });
  });
}

// Reads so many messages of a stream, then leaves it.
function stream(name, request, count, as = name) {
  const [service, method] = name.split(".");
  return new Promise((resolve) => {
    const seen = [];
    const call = clients[service][method](request, { deadline: deadline() });
    call.on("data", (message) => {
      seen.push(message);
      if (seen.length === count) call.cancel();
    });
    call.on("error", (error) => {
      told[as] = seen.length === count ? { answer: seen } : { refused: refusal(error), seen };
      resolve(seen);
    });
    call.on("end", () => resolve(seen));
  });
}

// A number as all of OSC and protobuf's float send it: 0.3 is 0.30000001.
function lead(name, share) {
  return new Promise((resolve) => {
    const call = clients.Dreamscapes.LeadDreamscape({ deadline: deadline() }, (error, answer) => {
      told["Dreamscapes.LeadDreamscape"] = error ? { refused: refusal(error) } : { answer };
      resolve();
    });
    for (let said = 0; said < 3; said += 1) call.write({ name, vector: Array(12).fill(0.25), share: Math.fround(share) });
    call.end();
  });
}

async function whole_night() {
  const pods = ["pods/light-1", "pods/light-2", "pods/light-3"];
  const name = "dreamscapes/foreign";
  await unary("Houses.GetHouse", {});
  await unary("Houses.HandOver", { reason: "nobody waits" });
  await unary("Pods.ListPods", { page_size: 2 });
  await unary("Pods.GetPod", { name: pods[0] });
  await stream("Pods.WatchPods", {}, 1);
  const grant = {
    scopes: ["SCOPE_MERGE", "SCOPE_PERFORM"], modalities: ["MODALITY_SOUND"], ceiling: 0.15, artist_share: 0.3,
    adult: true, notice_sha256: "a".repeat(64), language: "en", method: "METHOD_SIMULATED",
  };
  for (const pod of pods) {
    const sleeper = pod.replace("pods/light", "sleepers/s");
    await unary("Consents.GrantConsent", { name: sleeper, grant });
    await unary("Pods.CheckInPod", { name: pod, sleeper });
  }
  const plan = { seats_min: 3, seats_max: 8, pods, ramp: { seconds: 10 }, ceiling: Math.fround(0.15), artist_share: 0.3 };
  await unary("Dreamscapes.CreateDreamscape", { dreamscape_id: "foreign", plan });
  let etag = told["Dreamscapes.CreateDreamscape"].answer?.etag;
  // A seat that is found meanwhile changes the etag; a client then reads it again.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await unary("Dreamscapes.UpdateDreamscape", {
      dreamscape: { name, plan: { seats_max: 6 }, etag }, update_mask: { paths: ["plan.seats_max"] },
    });
    if (!told["Dreamscapes.UpdateDreamscape"].refused) break;
    await unary("Dreamscapes.GetDreamscape", { name });
    etag = told["Dreamscapes.GetDreamscape"].answer?.etag;
  }
  await unary("Dreamscapes.ExplainAdmission", { name, pod: pods[0] });
  const until = Date.now() + 10_000;
  do {
    await new Promise((go) => setTimeout(go, 200));
    await unary("Dreamscapes.StartDreamscape", { name });
  } while (told["Dreamscapes.StartDreamscape"].refused && Date.now() < until);
  await stream("Dreamscapes.WatchCollective", { name, omit_seats: true }, 2);
  await lead(name, 0.3);
  await unary("Dreamscapes.WriteMarker", { name, text: "target", source: "js" });
  await stream("Dreamscapes.WatchEvents", { dreamscape: name }, 1);
  await unary("Dreamscapes.GetDreamscape", { name });
  await unary("Dreamscapes.ListDreamscapes", {});
  await unary("Dreamscapes.SeverDreamscape", { name, reason: "from elsewhere" });
  await unary("Dreamscapes.ResumeDreamscape", { name });
  await unary("Pods.ReleasePod", { name: pods[2] });
  await unary("Breakers.ListBreakers", {});
  await unary("Breakers.GetBreaker", { name: `breakers/${pods[0]}` });
  await unary("Breakers.TripBreaker", { name: `breakers/${pods[0]}`, by: "js" });
  await unary("Breakers.ResetBreaker", { name: `breakers/${pods[0]}`, by: "js", reason: "well" });
  await unary("Severs.OrderSever", { scope: "SCOPE_FLEET", issuer: "js" });
  await unary("Dreamscapes.WakeDreamscape", { name, issuer: "js", reason: "morning" });
  await unary("Dreamscapes.EndDreamscape", { name });
  await unary("WakeOrders.OrderWake", { scope: "SCOPE_SITE", target: "sites/nowhere" }, "wrong site");
  const ordered = await unary("WakeOrders.OrderWake", { scope: "SCOPE_FLEET", issuer: "js" });
  await unary("WakeOrders.ListWakeOrders", { standing: true });
  await unary("WakeOrders.LiftWakeOrder", { name: ordered?.order?.name, by: "js", reason: "over" });
  for (const pod of pods) await unary("Pods.CheckOutPod", { name: pod });
}

// Without access control a caller may act as any sleeper.
async function people() {
  const name = "sleepers/s-9/consent";
  const grant = {
    scopes: ["SCOPE_MERGE", "SCOPE_RECORD"], modalities: ["MODALITY_SOUND"], ceiling: 0.1, adult: true,
    hours: "22:00/07:00", zone: "Europe/Zurich", notice_sha256: "a".repeat(64), language: "en",
  };
  await unary("Consents.GrantConsent", { name, grant });
  await unary("Consents.GetConsent", { name });
  await unary("Consents.ListGrants", { name });
  await unary("Consents.GetReceipt", { name });
  await invitations();
  await unary("Exposure.GetDose", { name: "sleepers/s-9/dose" });
  await unary("Exposure.ListNights", { name: "sleepers/s-9/nights" });
  await unary("Exposure.GetSurveillance", {});
  await unary("Exposure.LiftAlarm", { kind: "HARM_KIND_DISTRESS" });
  await unary("Exposure.GetExposureResponse", { nights: 30 });
  await unary("Letters.ListLetters", { name: "sleepers/s-9/letters" });
  await unary("Letters.GetLetter", { name: "sleepers/s-9/letters/20000101T000000Z" }, "no letter");
  const until = Date.now() + 20_000; // a letter is made some seconds after the check-out
  do {
    await new Promise((go) => setTimeout(go, 200));
    await unary("Letters.GetLetter", { name: "sleepers/s-1/letters/-" });
  } while (told["Letters.GetLetter"].refused && Date.now() < until);
  await unary("Consents.WithdrawConsent", { name, reason: "enough" });
  await unary("Consents.GrantConsent", { name, grant: { ...grant, scopes: [] } }, "no scope");
  await stream("Consents.ExportSleeper", { name: "sleepers/s-9" }, 2);
  await unary("Consents.EraseSleeper", { name: "sleepers/s-9" });
  const shipped = fs.readFileSync(path.join(directory, "../daemon/dreamd/adapters/documents/shipped.toml"), "utf8");
  const document = Buffer.from(shipped.replace("revision = 1", "revision = 2"));
  const revision = { name: "guidelines/2", by: "js" };
  await unary("Guidelines.ProposeRevision", { document, by: "js" });
  await unary("Guidelines.OpenRevision", revision);
  await unary("Guidelines.CommentOnRevision", { ...revision, text: "plain" });
  await unary("Guidelines.ListComments", { name: revision.name });
  await unary("Guidelines.RatifyRevision", { name: revision.name, role: "ROLE_CLINICIAN" });
  await unary("Guidelines.DiffRevisions", { old: "guidelines/in-force", new: revision.name });
  await unary("Guidelines.DryRunRevision", { document, nights: 7 });
  await unary("Guidelines.WithdrawRevision", revision);
  await unary("Guidelines.GetRevision", { name: "guidelines/in-force" });
  await unary("Guidelines.ListRevisions", {});
  await clinic();
  await exchange();
  const paused = { scope: "SCOPE_SITE", target: "sites/nowhere", reason: "a drill", by: "js" };
  const pause = await unary("Moratoria.CallMoratorium", paused);
  await unary("Moratoria.SecondMoratorium", { name: pause.moratorium.name });
  await unary("Moratoria.LiftMoratorium", { name: pause.moratorium.name, reason: "over", by: "js" });
  await unary("Moratoria.ListMoratoria", {});
  await unary("Reports.PreviewReport", {});
  await unary("Reports.PublishReport", {});
  await unary("Reports.ListReports", {});
  await unary("Pieces.ListPieces", {});
  await unary("Pieces.GetPiece", { name: "pieces/0123456789abcdef" });
}

// The guest reads everyone on the list before accepting its revision; s-9 has granted, so the house knows them.
async function invitations() {
  const plan = { seats_min: 2, seats_max: 3, intimate: true, ramp: { seconds: 10 } };
  await unary("Dreamscapes.CreateDreamscape", { dreamscape_id: "duet", plan }, "an intimate plan");
  const name = "dreamscapes/duet";
  const listed = await unary("Invitations.InviteGuests", { name, sleepers: ["sleepers/s-9"] });
  const { invitations: [own] } = await unary("Invitations.ListInvitations", { name: "sleepers/s-9" });
  await unary("Invitations.AcceptInvitation", { name: own.name, revision: listed.revision });
  await unary("Invitations.AcceptInvitation", { name: own.name, revision: "7" }, "another list");
  await unary("Invitations.GetGuests", { name });
  await unary("Invitations.DeclineInvitation", { name: own.name });
  await unary("Invitations.UninviteGuests", { name, sleepers: ["sleepers/s-9"] });
}

// A case is opened by hand at level 2, so it holds its sleeper until a release.
async function clinic() {
  const sleeper = "sleepers/s-8";
  await unary("Clinic.AnswerMorning", { name: "sleepers/s-3/morning", kss: 3, who5: 20 });
  const opened = await unary("Clinic.OpenCase", { sleeper, level: 2, words: "told at the desk", site: "home" });
  const name = opened?.name;
  await unary("Clinic.GetOwnCase", { name: `${sleeper}/case` });
  await unary("Clinic.ListCases", {});
  await unary("Clinic.GetCase", { name });
  await unary("Clinic.TriageCase", { name, level: 3, related: true });
  await unary("Clinic.AddCaseNote", { name, text: "rang at seven" });
  await unary("Clinic.HoldCase", { name, reason: "to be sure" });
  await unary("Clinic.CloseCase", { name, reason: "no" });
  await unary("Clinic.PlanReturn", { name });
  await unary("Clinic.ReleaseCase", { name, reason: "no" });
  await unary("Clinic.GetCase", { name: "cases/none" }, "no case");
  await unary("Clinic.GetCaseReport", { begin_time: { seconds: 1 }, end_time: { seconds: 4e9 } });
  await stream("Clinic.WatchCases", {}, 1);
}

// A round of two berths from its plan to a berth given back: its book may be closed after a second.
async function exchange() {
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const close_time = { seconds: Math.floor(Date.now() / 1000) + 2 };
  const plan = { price_most_cents: 4000, close_time, paid_in_cents: 100_000, by: "olga" };
  const other = await unary("Exchange.PlanRound", { ...plan, paid_in_cents: 0, pool_cents: 0 });
  await unary("Exchange.VoidRound", { name: other.name, reason: "a drill" });
  const { name } = await unary("Exchange.PlanRound", plan);
  for (const id of ["garden", "loft"]) {
    const offer = { id, site: "sites/home", night: day, features: ["quiet"], count: 1, price_cents: 3000 };
    await unary("Exchange.AddOffer", { name, offer });
  }
  const sides = [["ROLE_OPERATOR", "olga", "11".repeat(32)], ["ROLE_ADVOCATE", "ada", "22".repeat(32)]];
  for (const [role, by, nonce] of sides) {
    const sha256 = crypto.createHash("sha256").update(Buffer.from(nonce, "hex")).digest("hex");
    await unary("Exchange.CommitNonce", { name, sha256, role, by });
  }
  await unary("Exchange.PublishRound", { name });
  await unary("Exchange.AttestSleeper", { name: "sleepers/s-1/attestation", ask_class: "ASK_CLASS_CRISIS", by: "cleo" });
  await unary("Exchange.ListOffers", { name });
  const ask = (sleeper) => ({ name: `sleepers/${sleeper}/ask`, round: name });
  for (const sleeper of ["s-1", "s-2", "s-3"]) {
    await unary("Exchange.PlaceAsk", { ...ask(sleeper), offers: ["garden", "loft"] });
  }
  await unary("Exchange.PlaceAsk", { ...ask("s-2"), offers: ["moon"] }, "no offer");
  await unary("Exchange.WithdrawAsk", ask("s-3"));
  const until = Date.now() + 10_000;
  do {
    await new Promise((go) => setTimeout(go, 200));
    await unary("Exchange.CloseRound", { name });
  } while (told["Exchange.CloseRound"].refused && Date.now() < until);
  for (const [role, by, nonce] of sides) await unary("Exchange.RevealNonce", { name, nonce, role, by });
  do {
    await new Promise((go) => setTimeout(go, 100));
    await unary("Exchange.GetRound", { name });
  } while (told["Exchange.GetRound"].answer?.state !== "STATE_CLEARED" && Date.now() < until);
  await unary("Exchange.ListRounds", {});
  await unary("Exchange.ExplainAsk", ask("s-1"));
  await unary("Exchange.GetAccount", { name });
  await unary("Exchange.CancelBerth", ask("s-2"));
  const [file] = await stream("Exchange.ExportRound", { name }, 1);
  told["a round"] = { answer: JSON.parse(file.content) };
  await unary("Exchange.GetRound", { name: "rounds/none" }, "no round");
  await unary("Exchange.ExplainAsk", ask("s-9"), "no ask");
}

// Without access control no caller has a credential of its own; principals can be made all the same.
async function access() {
  const grants = [{ role: "ROLE_OPERATOR", sites: ["*"] }];
  const made = await unary("Access.EnrolPrincipal", { principal_id: "olga", kind: "KIND_PERSON", grants });
  const issued = await unary("Access.RedeemCode", { code: made?.code });
  told["a credential"] = { answer: { ok: /^dreamd_[a-z2-7]+_[a-z2-7]{52}$/.test(issued?.credential) } };
  await unary("Access.EnrolSleeper", { name: "sleepers/walker" });
  await unary("Access.ListPrincipals", {});
  await unary("Access.RevokePrincipal", { name: "principals/olga", reason: "over" });
  await unary("Access.ResumePrincipal", { name: "principals/olga" });
  await unary("Access.ListRules", {});
  await stream("Audit.ExportAudit", { newest: 3 }, 1);
  await unary("Audit.GetAuditText", { name: "auditRecords/1" });
  await unary("Audit.EraseAuditText", { name: "auditRecords/1", reason: "over" });
  await unary("Access.GetCaller", {});
  await unary("Access.GetProvider", {});
  await unary("Access.RedeemSignIn", { code: "none", code_verifier: "v".repeat(43), nonce: "n".repeat(22), redirect_uri: "http://127.0.0.1:1/" });
  await unary("Access.RenewCredential", {});
}

async function refused() {
  await unary("Pods.GetPod", { name: "bed-1" }, "bad name");
  await unary("Pods.GetPod", { name: "pods/nowhere" }, "unknown pod");
  await unary("Dreamscapes.CreateDreamscape", { dreamscape_id: "x", plan: { seats_min: 3, seats_max: 8, ramp: { seconds: 1 } } }, "short ramp");
  await unary("Dreamscapes.CreateDreamscape", { dreamscape_id: "x", plan: { seats_min: 3, seats_max: 8, schema: "夢".repeat(33_000) } }, "long schema");
  await unary("Dreamscapes.CreateDreamscape", { dreamscape_id: "x", plan: { seats_min: 3, seats_max: 8, guidelines: "nope" } }, "guidelines");
  await stream("Dreamscapes.WatchEvents", { after: "-1" }, 1, "negative cursor");
  await stream("Dreamscapes.WatchEvents", { after: "99999999999999999" }, 1, "cursor ahead");
  await stream("Dreamscapes.WatchEvents", { after: "1" }, 1, "old cursor");
}

whole_night().then(people).then(access).then(refused).then(() => {
  console.log(JSON.stringify({ methods, told }));
  for (const client of Object.values(clients)) client.close();
});
