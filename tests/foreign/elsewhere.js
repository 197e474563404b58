// Asks a daemon that does not own its house, as a client in JavaScript with a retry policy does.
//
//   node elsewhere.js HOST:PORT PROTO_DIRECTORY
//
// Printed is one JSON object: the answer of Pods.ListPods there, or its refusal; the same for Pods.WatchPods; and
// Pods.ListPods at the address that the refusal names.
"use strict";

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, directory] = process.argv.slice(2);
const definition = loader.loadSync(["dreamapi/v1/pods.proto", "dreamapi/v1/errors.proto"], {
  includeDirs: [directory], keepCase: true, longs: String, enums: String, defaults: true,
});
const { Pods } = grpc.loadPackageDefinition(definition).dreamapi.v1;
const Status = definition["dreamapi.v1.Status"];
const ErrorInfo = definition["dreamapi.v1.ErrorInfo"];
const policy = {
  methodConfig: [{
    name: [{ service: "dreamapi.v1.Pods" }],
    retryPolicy: {
      maxAttempts: 5, initialBackoff: "0.02s", maxBackoff: "0.05s", backoffMultiplier: 1.5,
      retryableStatusCodes: ["UNAVAILABLE"],
    },
  }],
};

function client(at) {
  return new Pods(at, grpc.credentials.createInsecure(), { "grpc.service_config": JSON.stringify(policy) });
}

function refusal(error) {
  const [raw] = error.metadata?.get("grpc-status-details-bin") ?? [];
  const info = raw && Status.deserialize(raw).details.find((one) => one.type_url.endsWith("google.rpc.ErrorInfo"));
  return { code: error.code, ...(info ? ErrorInfo.deserialize(info.value) : { message: error.details }) };
}

function list(of) {
  const deadline = new Date(Date.now() + 10_000);
  return new Promise((resolve) => {
    of.ListPods({}, { deadline }, (error, answer) => resolve(error ? refusal(error) : { pods: answer.pods.length }));
  });
}

function watch(of) {
  return new Promise((resolve) => {
    const call = of.WatchPods({});
    call.on("data", () => call.cancel());
    call.on("error", (error) => resolve(refusal(error)));
  });
}

async function main() {
  const first = client(address);
  const told = { list: await list(first), watch: await watch(first) };
  if (told.list.metadata?.address) {
    const owner = client(told.list.metadata.address);
    told.owner = await list(owner);
    owner.close();
  }
  first.close();
  console.log(JSON.stringify(told));
}

main();
