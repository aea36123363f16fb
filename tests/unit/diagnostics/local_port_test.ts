import assert from "node:assert/strict";
import { localPortAvailability } from "../../../src/diagnostics/checks/local_port_availability.ts";
import { failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { PortProbe } from "../../../src/diagnostics/facts/local.ts";
import { probeLocalPort } from "../../../src/diagnostics/facts/local_port.ts";
import type { LocalSession } from "../../../src/diagnostics/facts/session.ts";
import { readLocalPort } from "../../../src/cli/values.ts";
import { HEALTHY, INSTANCE_ID, NOW_MS, runCheck } from "../../support/facts.ts";
import { short } from "./_outcome.ts";

const judge = (probe: PortProbe, more: Parameters<typeof runCheck>[1] = {}) =>
  runCheck(localPortAvailability, { localPort: known(probe), ...more }, { localPort: probe.port });

function listenOn(hostname: string, port = 0): Deno.TcpListener & Disposable {
  const listener = Deno.listen({ hostname, port });
  return Object.assign(listener, { [Symbol.dispose]: () => listener.close() });
}

const portOf = (listener: Deno.TcpListener) => (listener.addr as Deno.NetAddr).port;

Deno.test("LP-1 a free port is ok", async () => {
  const listener = listenOn("127.0.0.1");
  const port = portOf(listener);
  listener.close();
  const probe = await probeLocalPort(port);
  assert.equal(probe.bind, "free");
  assert.deepEqual(short(judge(probe)), ["ok PORT_FREE"]);
});

Deno.test("LP-2 a listener on 127.0.0.1 is critical; the owner and a free port are named", async () => {
  using listener = listenOn("127.0.0.1");
  const probe = await probeLocalPort(portOf(listener));
  assert.equal(probe.bind, "in_use");
  assert.equal(probe.answersIpv4, true);
  const outcome = judge({ ...probe, owner: { pid: 4711, command: "nginx" }, nextFree: 9000 });
  assert.deepEqual(short(outcome), ["critical PORT_IN_USE"]);
  assert.match(outcome.findings[0]!.message, /in use by nginx \(pid 4711\)/);
  assert.equal(outcome.findings[0]?.remediation[0], "Use a free port: --local-port 9000");
  assert.deepEqual(outcome.findings[0]?.fixIds, ["pick_free_port"]);
});

Deno.test("LP-3 a listener on all addresses is critical", async () => {
  using listener = listenOn("0.0.0.0");
  const probe = await probeLocalPort(portOf(listener));
  assert.deepEqual(short(judge(probe)), ["critical PORT_IN_USE"]);
  // Where a bind does not notice such a listener, the connection does.
  assert.deepEqual(short(judge({ ...probe, bind: "free" })), ["critical PORT_IN_USE"]);
});

Deno.test("LP-4 a listener on ::1 alone is a warning", async () => {
  using listener = listenOn("::1");
  const probe = await probeLocalPort(portOf(listener));
  assert.deepEqual(short(judge(probe)), ["warning/medium PORT_IPV6_SHADOWED"]);
});

Deno.test("LP-5 ports of the administrator, and ports that the system reserves", () => {
  const refused = (port: number) =>
    short(judge({ ...HEALTHY.localPort, port, bind: "permission_denied" }));
  assert.deepEqual(refused(80), ["critical PORT_PRIVILEGED"]);
  assert.deepEqual(refused(1023), ["critical PORT_PRIVILEGED"]);
  assert.deepEqual(refused(1024), ["critical PORT_RESERVED"]);
});

Deno.test("LP-6 port 0 is any free one", async () => {
  assert.deepEqual(short(judge(await probeLocalPort(0))), ["ok PORT_FREE"]);
});

Deno.test("LP-7 what is no port is refused before anything is tried", () => {
  for (const text of ["70000", "abc", "-1", "8080.5", ""]) {
    assert.throws(() => readLocalPort(text, "--local-port"), { kind: "usage", exitCode: 2 });
  }
});

Deno.test("LP-8 two probes at once both finish, and leave the port free", async () => {
  const listener = listenOn("127.0.0.1");
  const port = portOf(listener);
  listener.close();
  const probes = await Promise.all([probeLocalPort(port), probeLocalPort(port)]);
  assert.equal(probes.length, 2);
  using _third = listenOn("127.0.0.1", port);
});

Deno.test("LP-9 a session of ours on the port is no conflict while it lives", () => {
  const session: LocalSession = {
    sessionId: "alice-1",
    instanceId: INSTANCE_ID,
    localPort: 8080,
    remotePort: 80,
    state: "active",
    hostPid: 4711,
    startedAtMs: NOW_MS,
  };
  const taken: PortProbe = {
    ...HEALTHY.localPort,
    bind: "in_use",
    answersIpv4: true,
    owner: { pid: 4711, command: "ec2-connect" },
  };
  const own = judge(taken, { localSessions: known([session]) });
  assert.deepEqual(short(own), ["warning/low PORT_HELD_BY_OWN_SESSION"]);
  // Its process is dead: another one has the port, or the registry knows of no live session.
  const other = { ...taken, owner: { pid: 4712, command: "nginx" } };
  assert.deepEqual(short(judge(other, { localSessions: known([session]) })), [
    "critical PORT_IN_USE",
  ]);
  assert.deepEqual(short(judge(taken)), ["critical PORT_IN_USE"]);
  const elsewhere = { ...session, remotePort: 443 };
  assert.deepEqual(short(judge(taken, { localSessions: known([elsewhere]) })), [
    "critical PORT_IN_USE",
  ]);
});

Deno.test("no port asked about is skipped; a port that may not be tried is unknown", () => {
  const none = failed("not_applicable", "bind", "no port");
  assert.deepEqual(
    short(runCheck(localPortAvailability, { localPort: none }, { localPort: undefined })),
    ["skipped PORT_NOT_ASKED (not_applicable)"],
  );
  assert.deepEqual(short(judge({ ...HEALTHY.localPort, bind: "not_allowed_to_probe" })), [
    "unknown PORT_PROBE_DENIED (not_supported)",
  ]);
});
