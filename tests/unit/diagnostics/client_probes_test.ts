import assert from "node:assert/strict";
import type { ApiCaller } from "../../../src/diagnostics/api/caller.ts";
import { FactFailure } from "../../../src/diagnostics/api/fact_failure.ts";
import { networkConnectivity } from "../../../src/diagnostics/checks/network_connectivity.ts";
import { CHECKS } from "../../../src/diagnostics/checks/registry.ts";
import { FactStore } from "../../../src/diagnostics/fact_store.ts";
import { known } from "../../../src/diagnostics/facts/fact.ts";
import type { ClientProbe } from "../../../src/diagnostics/facts/local.ts";
import {
  probeEndpoint,
  type ProbeParts,
  type ProbeTarget,
  probeTargets,
  proxyFor,
} from "../../../src/diagnostics/readers/client_probes.ts";
import type { Readers } from "../../../src/diagnostics/readers/reader.ts";
import { Runner } from "../../../src/diagnostics/runner.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { healthyFacts, healthyParameters, runCheck } from "../../support/facts.ts";
import { short } from "./_outcome.ts";

const NEVER = new AbortController().signal;

const SSM: ProbeTarget = {
  service: "ssm",
  host: "ssm.us-east-1.amazonaws.com",
  port: 443,
  isTls: true,
  proxy: undefined,
};

/** A network in which everything works, and a log of what was touched. */
function network(changes: Partial<ProbeParts> = {}) {
  const log: string[] = [];
  let nowMs = 0;
  const parts: ProbeParts = {
    resolve: (host) => {
      log.push(`resolve ${host}`);
      return Promise.resolve(["52.94.0.1"]);
    },
    connectTcp: (host, port) => {
      log.push(`connect ${host}:${port}`);
      nowMs += 20;
      return Promise.resolve({ close: () => log.push("close TCP") } as unknown as Deno.TcpConn);
    },
    startTls: (_connection, host, caCerts) => {
      log.push(`TLS ${host}${caCerts.length > 0 ? " with the bundle" : ""}`);
      nowMs += 30;
      return Promise.resolve({
        handshake: () => Promise.resolve({ alpnProtocol: null }),
        close: () => log.push("close TLS"),
      });
    },
    fetchHead: (url) => {
      log.push(`fetch ${url}`);
      return Promise.resolve();
    },
    nowMs: () => nowMs,
    ...changes,
  };
  return { log, parts };
}

function probe(
  parts: ProbeParts,
  options: { target?: Partial<ProbeTarget>; caCerts?: string[]; signal?: AbortSignal } = {},
): Promise<ClientProbe> {
  const { caCerts = [], signal = NEVER } = options;
  return probeEndpoint({ ...SSM, ...options.target }, { caCerts, parts, signal });
}

function targets(
  env: Record<string, string> = {},
  override: (service: string) => string | undefined = () => undefined,
  region = "us-east-1",
) {
  return probeTargets({
    region,
    partition: region.startsWith("cn-") ? "aws-cn" : "aws",
    override: (service) => Promise.resolve(override(service)),
    env: (name) => env[name],
  });
}

const refuse = (error: Error) => () => Promise.reject(error);
const stageOf = ({ outcome }: ClientProbe) => outcome.reached ? "reached" : outcome.stage;

Deno.test("the probes are of ec2, ssm, ssmmessages and sts in the Region", async () => {
  assert.deepEqual((await targets()).map(({ host, port }) => `${host}:${port}`), [
    "ec2.us-east-1.amazonaws.com:443",
    "ssm.us-east-1.amazonaws.com:443",
    "ssmmessages.us-east-1.amazonaws.com:443",
    "sts.us-east-1.amazonaws.com:443",
  ]);
  const china = await targets({}, () => undefined, "cn-north-1");
  assert.equal(china[1]?.host, "ssm.cn-north-1.amazonaws.com.cn");
});

Deno.test("NC-3 an endpoint on loopback is probed alone, without TLS, and nothing outside is", async () => {
  const found = await targets({}, () => "http://127.0.0.1:4566");
  assert.deepEqual(found, [{
    service: "override",
    host: "127.0.0.1",
    port: 4566,
    isTls: false,
    proxy: undefined,
  }]);
  // One service on loopback is enough to stay inside.
  const one = await targets({}, (service) => service === "ssm" ? "https://localhost:1" : undefined);
  assert.deepEqual(one.map(({ host, isTls }) => [host, isTls]), [["localhost", false]]);

  const { log, parts } = network();
  const probes = await Promise.all(found.map((target) => probe(parts, { target })));
  assert.deepEqual(log, ["resolve 127.0.0.1", "connect 127.0.0.1:4566", "close TCP"]);
  assert.deepEqual(short(runCheck(networkConnectivity, { clientProbes: known(probes) })), [
    "ok CLIENT_OK",
    "ok PATH_OPEN",
  ]);
});

Deno.test("NC-7 a dialer that never answers ends with the item, whatever its own deadline is", async () => {
  const item = new AbortController();
  const dialled = Promise.withResolvers<void>();
  const { parts } = network({
    connectTcp: () => {
      dialled.resolve();
      return new Promise(() => {});
    },
  });
  const ended = probe(parts, { signal: item.signal });
  await dialled.promise;
  item.abort();
  assert.equal(stageOf(await ended), "timeout");
});

Deno.test("NC-7 the item is unknown at its deadline, and the others are not held up", async () => {
  const clock = new FakeClock();
  const facts = healthyFacts();
  const readers = Object.fromEntries(
    Object.entries(facts).map(([id, fact]) => [
      id,
      () =>
        fact.state === "known"
          ? Promise.resolve(fact.value)
          : Promise.reject(new FactFailure(fact)),
    ]),
  ) as unknown as Readers;
  readers.clientProbes = () => new Promise(() => {});
  const parameters = healthyParameters();
  // No reader of this test calls AWS.
  const caller = undefined as unknown as ApiCaller;
  const store = new FactStore({ readers, caller, parameters });
  const others = CHECKS.filter(({ id }) => id !== "network_connectivity");
  const finished = new Set<string>();
  const runner = new Runner({ store, clock }, {
    checks: CHECKS,
    disabled: new Set(),
    parameters,
    isParallel: true,
    timeoutMs: 1_000,
    signal: NEVER,
    onEvent: (event) => {
      if (event.type !== "check_finished") return;
      finished.add(event.result.id);
      if (finished.size === others.length) clock.advance(1_000);
    },
  });
  const { results } = await runner.run();
  const found = results.map(({ id, status, reason }) => ({ id, status, reason }));
  assert.deepEqual(found.filter(({ status }) => status !== "ok" && status !== "skipped"), [
    { id: "network_connectivity", status: "unknown", reason: "timeout" },
  ]);
});

Deno.test("NC-8 hosts in NO_PROXY take no proxy", async () => {
  const HTTPS_PROXY = "http://user:secret@proxy.corp:3128";
  const proxied = await targets({ HTTPS_PROXY });
  assert.deepEqual(proxied.map(({ proxy }) => proxy), Array(4).fill("http://proxy.corp:3128"));
  const direct = await targets({ HTTPS_PROXY, NO_PROXY: ".amazonaws.com" });
  assert.deepEqual(direct.map(({ proxy }) => proxy), Array(4).fill(undefined));

  const { parts } = network();
  const probes = await Promise.all(direct.map((target) => probe(parts, { target })));
  assert.deepEqual(short(runCheck(networkConnectivity, { clientProbes: known(probes) })), [
    "ok CLIENT_OK",
    "ok PATH_OPEN",
  ]);
});

Deno.test("proxyFor() knows the variables that fetch knows, and shows no password", () => {
  const of = (env: Record<string, string>, host = "ssm.us-east-1.amazonaws.com") =>
    proxyFor(host, (name) => env[name]);
  assert.equal(of({}), undefined);
  assert.equal(of({ https_proxy: "http://p:1" }), "http://p:1");
  assert.equal(of({ ALL_PROXY: "http://all:1", HTTPS_PROXY: "http://p:1" }), "http://all:1");
  assert.equal(of({ HTTPS_PROXY: "http://a:b@p:1" }), "http://p:1");
  for (const no_proxy of ["*", "amazonaws.com", "a.b, us-east-1.amazonaws.com"]) {
    assert.equal(of({ HTTPS_PROXY: "http://p:1", no_proxy }), undefined, no_proxy);
  }
  for (const no_proxy of ["aws.com", "example.com", ""]) {
    assert.equal(of({ HTTPS_PROXY: "http://p:1", no_proxy }), "http://p:1", no_proxy);
  }
});

Deno.test("name, TCP and TLS are tried in turn, timed and closed", async () => {
  const { log, parts } = network();
  assert.deepEqual((await probe(parts)).outcome, { reached: true, connectMs: 20, tlsMs: 30 });
  assert.deepEqual(log, [
    "resolve ssm.us-east-1.amazonaws.com",
    "connect ssm.us-east-1.amazonaws.com:443",
    "TLS ssm.us-east-1.amazonaws.com",
    "close TLS",
  ]);
});

Deno.test("the stage that failed is told, and a missing permission is none of them", async () => {
  const refused = refuse(new Deno.errors.ConnectionRefused("refused"));
  const forbidden = refuse(new Deno.errors.NotCapable("net"));
  const stages = async (changes: Partial<ProbeParts>) =>
    stageOf(await probe(network(changes).parts));
  assert.equal(await stages({ resolve: refuse(new Error("ENOTFOUND")) }), "dns");
  assert.equal(await stages({ connectTcp: refused }), "tcp");
  assert.equal(await stages({ startTls: refuse(new Error("bad certificate")) }), "tls");
  assert.equal(await stages({ resolve: forbidden }), "permission");
  assert.equal(await stages({ connectTcp: forbidden }), "permission");
});

Deno.test("what only AWS_CA_BUNDLE trusts is a private authority's", async () => {
  const untrusted = network();
  const { startTls } = untrusted.parts;
  untrusted.parts.startTls = (connection, host, caCerts) =>
    caCerts.length > 0 ? startTls(connection, host, caCerts) : Promise.resolve({
      handshake: refuse(new Error("UnknownIssuer")),
      close: () => untrusted.log.push("close TLS"),
    });
  const found = await probe(untrusted.parts, { caCerts: ["PEM"] });
  assert.equal(found.isPrivateAuthority, true);
  assert.deepEqual(untrusted.log.filter((line) => line.startsWith("close")), [
    "close TLS",
    "close TLS",
  ]);
  assert.equal(stageOf(await probe(untrusted.parts)), "tls");
});

Deno.test("through a proxy only the whole is tried, and failures are told apart", async () => {
  const target = { proxy: "http://proxy.corp:3128" };
  const { log, parts } = network();
  const found = await probe(parts, { target });
  assert.equal(found.proxy, "http://proxy.corp:3128");
  assert.equal(stageOf(found), "reached");
  assert.deepEqual(log, ["fetch https://ssm.us-east-1.amazonaws.com:443/"]);

  const told = async (cause: string) => {
    const error = new TypeError("error sending request", { cause: new Error(cause) });
    return stageOf(await probe(network({ fetchHead: refuse(error) }).parts, { target }));
  };
  assert.equal(await told("client error (Connect): dns error: no such host"), "dns");
  assert.equal(
    await told("client error (Connect): invalid peer certificate: UnknownIssuer"),
    "tls",
  );
  assert.equal(await told("client error (Connect): tunnel error: unsuccessful"), "tcp");

  const inspected = network({
    fetchHead: (_url, _signal, caCerts) =>
      caCerts.length > 0
        ? Promise.resolve()
        : Promise.reject(new TypeError("x", { cause: new Error("invalid peer certificate") })),
  });
  const private_ = await probe(inspected.parts, { target, caCerts: ["PEM"] });
  assert.equal(private_.isPrivateAuthority, true);
  assert.equal(stageOf(private_), "reached");
});

Deno.test("the probe of this machine: a listener is reached, a closed port and a silent one are not", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const real = (target: Partial<ProbeTarget>, signal = NEVER) =>
    probeEndpoint({ ...SSM, host: "127.0.0.1", port, ...target }, { caCerts: [], signal });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })();
  try {
    assert.equal(stageOf(await real({ isTls: false })), "reached");
    // It takes the connection and never shakes hands.
    const item = new AbortController();
    const silent = real({}, item.signal);
    while (accepted.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    item.abort();
    assert.equal(stageOf(await silent), "timeout");
  } finally {
    listener.close();
    for (const connection of accepted) connection.close();
    await accepting;
  }
  assert.equal(stageOf(await real({ isTls: false })), "tcp");
});
