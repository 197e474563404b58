// A service of a site: it plans a Dreamscape, starts it, watches it, and severs it.
//
// node service.js CREDENTIAL.json DREAMSCAPE PROTO_DIRECTORY [PIN]
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";

const [file, name, protos, pin] = process.argv.slice(2);
const kept: { server: string; credential: string; authority: string; expires: string } =
  JSON.parse(readFileSync(file, "utf8"));
const authority = new X509Certificate(kept.authority);
if (pin && createHash("sha256").update(authority.raw).digest("hex").slice(0, 32) !== pin) {
  console.log("the file is of another authority");
  process.exit(2);
}

const definition = loader.loadSync(
  ["access", "dreamscapes", "errors"].map((one) => `dreamapi/v1/${one}.proto`)
    .concat("google/protobuf/duration.proto"),
  { includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true },
);
const api = grpc.loadPackageDefinition(definition).dreamapi as any;
const read = (type: string, bytes: Buffer): any => (definition[type] as any).deserialize(bytes);

// The authority of the file is the only one that is trusted. The credential leaves over TLS alone.
function credentials(): grpc.ChannelCredentials {
  const bearer = grpc.credentials.createFromMetadataGenerator((_options, done) => {
    const metadata = new grpc.Metadata();
    metadata.set("authorization", `Bearer ${kept.credential}`);
    done(null, metadata);
  });
  return grpc.credentials.combineChannelCredentials(
    grpc.credentials.createSsl(Buffer.from(kept.authority)), bearer);
}

// The reason of a refusal, and the seconds after which the same call may be made again.
function refusal(error: grpc.ServiceError): { reason: string; retry_s?: number } {
  const [raw] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const found: { reason: string; retry_s?: number } = { reason: "" };
  for (const one of raw ? read("dreamapi.v1.Status", raw as Buffer).details : []) {
    if (one.type_url.endsWith("google.rpc.ErrorInfo")) {
      found.reason = read("dreamapi.v1.ErrorInfo", one.value).reason;
    } else if (one.type_url.endsWith("google.rpc.RetryInfo")) {
      // RetryInfo has one field, a Duration: two bytes stand before it.
      const delay = read("google.protobuf.Duration", one.value.subarray(2));
      found.retry_s = delay.seconds + delay.nanos / 1e9;
    }
  }
  return found;
}

const pause = (seconds: number) => new Promise((go) => setTimeout(go, seconds * 1000));

// Makes a call, and makes it again as late as the answer says where a rate is exceeded.
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const { retry_s } = refusal(error as grpc.ServiceError);
      if (retry_s === undefined) throw error;
      console.log("told to wait");
      await pause(retry_s);
    }
  }
}

function ask(client: any, method: string, request: object): Promise<any> {
  return patiently(() => new Promise((resolve, reject) => {
    const deadline = new Date(Date.now() + 10_000);
    client[method](request, { deadline }, (error: grpc.ServiceError | null, answer: any) =>
      error ? reject(error) : resolve(answer));
  }));
}

// From half of its life on a credential is renewed; the old one ends with the first use of the new one.
async function renew(): Promise<void> {
  const access = new api.v1.Access(kept.server, credentials());
  const me = await ask(access, "GetCaller", {});
  if (Date.now() / 1000 >= (me.issue_time.seconds + me.expire_time.seconds) / 2) {
    const fresh = await ask(access, "RenewCredential", {});
    kept.credential = fresh.credential;
    kept.expires = new Date(fresh.expire_time.seconds * 1000).toISOString();
    writeFileSync(`${file}.fresh`, JSON.stringify(kept), { mode: 0o600, flush: true });
    renameSync(`${file}.fresh`, file);
    console.log("renewed");
  }
  access.close();
}

async function night(): Promise<void> {
  const dreams = new api.v1.Dreamscapes(kept.server, credentials());
  for (const one of (await ask(dreams, "ListDreamscapes", {})).dreamscapes) console.log("there is", one.name);
  const plan = { seats_min: 3, seats_max: 8 };
  // Once is enough: a repeated request id is answered as before, and done once.
  for (let time = 0; time < 2; time += 1) {
    await ask(dreams, "CreateDreamscape", { dreamscape_id: name, plan, request_id: `plan-${name}` });
  }
  const of = { name: `dreamscapes/${name}` };
  await ask(dreams, "StartDreamscape", { ...of, request_id: `start-${name}` });
  await patiently(() => new Promise<void>((resolve, reject) => {
    const watch = dreams.WatchCollective({ ...of, omit_seats: true });
    let seen = 0;
    watch.on("data", async (tick: any) => {
      console.log("tick", tick.tick);
      if (++seen !== 3) return;
      const severed = await ask(dreams, "SeverDreamscape", { ...of, reason: "enough seen" });
      console.log("severed", severed.zeroed, "unconfirmed", severed.unconfirmed.length);
    });
    watch.on("error", reject);
    watch.on("end", resolve);
  }));
}

renew().then(night).then(() => process.exit(0), (error: grpc.ServiceError) => {
  const { reason } = refusal(error);
  console.log(reason === "CREDENTIAL_REVOKED" ? `revoked: ${error.details}` : error);
  process.exit(reason === "CREDENTIAL_REVOKED" ? 3 : 1);
});
