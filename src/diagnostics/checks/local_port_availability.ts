/**
 * `local_port_availability`: can the local port be listened on.
 *
 * `connect` does not rely on it: it listens itself, and a port may be taken in between.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { PortProbe } from "../facts/local.ts";
import type { LocalSession } from "../facts/session.ts";
import { critical, ok, skipped, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { fixCommand } from "../remedies.ts";

const FIRST_UNPRIVILEGED_PORT = 1024;

export const localPortAvailability = defineCheck({
  id: "local_port_availability",
  title: "Local port",
  category: "local",
  isSeedItem: true,
  primaryQuestion: "can the local port be bound",
  facts: ["localPort", "localSessions"],
  requires: { aws: false, instance: "none", ec2: false },
  actions: [],
  run(facts, parameters): CheckOutcome {
    const probe = facts.get("localPort");
    const port = parameters.localPort;
    if (port === undefined) {
      const message = "no local port was asked about; --local-port N names one";
      return { findings: [skipped("PORT_NOT_ASKED", "not_applicable", message)], planned: 1 };
    }
    const resources = [{ type: "port", id: String(port) }];
    if (probe.state !== "known") {
      const finding = unknownBecause("PORT_PROBE_DENIED", probe, `port ${port} could not be tried`);
      return { findings: [{ ...finding, resources }], planned: 1 };
    }
    const sessions = valueOf(facts.get("localSessions")) ?? [];
    const finding = judge(probe.value, sessions, parameters);
    return { findings: [{ ...finding, resources }], planned: 1 };
  },
});

function judge(
  probe: PortProbe,
  sessions: readonly LocalSession[],
  parameters: CheckParameters,
): Finding {
  const { port, bind, answersIpv4, answersIpv6, owner } = probe;
  if (port === 0) return ok("PORT_FREE", "any free port will be taken");
  const evidence = {
    bind,
    answers_ipv4: answersIpv4,
    answers_ipv6: answersIpv6,
    owner_pid: owner?.pid ?? null,
    owner_command: owner?.command ?? null,
    next_free_port: probe.nextFree ?? null,
  };
  const nextFree = probe.nextFree === undefined
    ? ["Choose another port, or 0 for any free one: --local-port 0"]
    : [`Use a free port: --local-port ${probe.nextFree}`];
  const anotherPort = {
    remediation: [...nextFree, fixCommand("pick_free_port", parameters, "auto")],
    evidence,
    fixIds: ["pick_free_port"],
  };
  if (bind === "in_use" || answersIpv4) {
    const own = ownSession(probe, sessions, parameters);
    if (own !== undefined) {
      return warning(
        "PORT_HELD_BY_OWN_SESSION",
        "low",
        `127.0.0.1:${port} is held by session ${own.sessionId}, which leads to the same place`,
        { remediation: ["Use that one: ec2-connect list"], evidence },
      );
    }
    return critical("PORT_IN_USE", `127.0.0.1:${port} is in use${heldBy(probe)}`, anotherPort);
  }
  switch (bind) {
    case "free":
      if (!answersIpv6) return ok("PORT_FREE", `127.0.0.1:${port} is free`, { evidence });
      return warning(
        "PORT_IPV6_SHADOWED",
        "medium",
        `127.0.0.1:${port} is free, but [::1]:${port} is taken${
          heldBy(probe)
        }: localhost may reach that program`,
        { remediation: [`Connect to 127.0.0.1:${port} by address`, ...nextFree], evidence },
      );
    case "permission_denied":
      if (port < FIRST_UNPRIVILEGED_PORT) {
        return critical(
          "PORT_PRIVILEGED",
          `port ${port} is for the administrator alone`,
          { remediation: [`Choose a port from ${FIRST_UNPRIVILEGED_PORT} up`], evidence },
        );
      }
      return critical("PORT_RESERVED", `the system reserves port ${port}`, {
        ...anotherPort,
        remediation: [
          ...anotherPort.remediation,
          "Windows shows its reserved ranges: netsh interface ipv4 show excludedportrange protocol=tcp",
        ],
      });
    case "not_allowed_to_probe":
      return unknown(
        "PORT_PROBE_DENIED",
        "not_supported",
        `this process may not listen on 127.0.0.1:${port}`,
        { remediation: ["Run it with --allow-net=127.0.0.1"], evidence },
      );
    default:
      bind satisfies never;
      return unknown("PORT_PROBE_DENIED", "service_error", `port ${port} could not be tried`);
  }
}

/** A live session of ours on this port, to the same instance and remote port. */
function ownSession(
  { port, owner }: PortProbe,
  sessions: readonly LocalSession[],
  { instanceId, remotePort }: CheckParameters,
): LocalSession | undefined {
  return sessions.find((session) =>
    session.localPort === port && session.instanceId === instanceId &&
    session.remotePort === remotePort &&
    // A number that another process has by now is no session of ours.
    (owner?.pid === undefined || owner.pid === session.hostPid)
  );
}

function heldBy({ owner }: PortProbe): string {
  if (owner === undefined) return "";
  if (owner.pid === undefined) return " by a process of another user";
  return ` by ${owner.command ?? "a process"} (pid ${owner.pid})`;
}
