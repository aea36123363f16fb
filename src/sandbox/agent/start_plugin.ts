/**
 * Makes the plugin for a session's work.
 *
 * @module
 */
import type { CommandPlan } from "../pty/terminal.ts";
import type { PortProperties, SessionWork } from "../session_work.ts";
import type { SandboxTiming } from "../timing.ts";
import { BasicPort } from "./basic_port.ts";
import { CommandPlugin } from "./command_plugin.ts";
import { routeTo } from "./dial.ts";
import { Dialer } from "./dialer.ts";
import { MuxPort } from "./mux_port.ts";
import type { AgentPlugin, PluginHost } from "./plugin.ts";
import type { PortPlugin } from "./port_plugin.ts";
import { TerminalPlugin } from "./terminal_plugin.ts";
import { agentHas, usesKeepAlive, usesMultiplexer } from "./version.ts";

/** What plugins need of the instance that they run on. */
export interface PluginWorld {
  agentVersion: string;
  timing: SandboxTiming;
  /** The emulated network: names and addresses, and the range they are from. */
  hosts: ReadonlyMap<string, string>;
  vpcCidr: string;
  /** Faults: how long a dial takes. */
  dialDelayMs(): number;
  /** Where and as whom a command runs. @throws {Error} When it may not, or cannot. */
  planCommand(command: readonly string[]): Promise<CommandPlan>;
}

/** A plugin, and what it needs beside it. */
export interface StartedPlugin {
  plugin: AgentPlugin;
  /** For ports: what connects. */
  dialer?: Dialer;
}

/** Whether both ends of a port session run the multiplexer. */
export function isMultiplexed(
  work: SessionWork,
  versions: { agent: string; client: string },
): boolean {
  return work.kind === "port" && work.properties["type"] === "LocalPortForwarding" &&
    usesMultiplexer(versions.agent, versions.client);
}

/**
 * @param clientVersion As the handshake told it; empty where there was none.
 * @throws {Error} For a target that must not be forwarded to; the text is what the client is told.
 */
export function makePlugin(
  work: SessionWork,
  clientVersion: string,
  { host, world }: { host: PluginHost; world: PluginWorld },
): StartedPlugin {
  const { timing, planCommand } = world;
  switch (work.kind) {
    case "port":
      return makePort(work.properties, clientVersion, { host, world });
    case "shell":
    case "interactive": {
      const line = work.kind === "shell" ? "" : work.command;
      return {
        plugin: new TerminalPlugin(host, {
          mode: work.kind,
          plan: () => planCommand(line.trim() === "" ? ["sh"] : ["sh", "-c", line]),
          profile: work.kind === "shell" ? work.profile : "",
          firstOutputMs: timing.firstOutputMs,
          startFailureMs: timing.startFailureMs,
        }),
      };
    }
    case "command":
      return {
        plugin: new CommandPlugin(host, {
          commandLine: work.command,
          output: work.output,
          plan: planCommand,
          startFailureMs: timing.startFailureMs,
        }),
      };
    default:
      return work satisfies never;
  }
}

function makePort(
  properties: PortProperties,
  clientVersion: string,
  { host, world }: { host: PluginHost; world: PluginWorld },
): { plugin: PortPlugin; dialer: Dialer } {
  const { agentVersion, hosts, vpcCidr, timing, dialDelayMs } = world;
  // Agents that do not know the property connect to the instance itself.
  const name = agentHas("remoteHost", agentVersion) ? properties["host"] ?? "" : "";
  const route = routeTo(name, { hosts, vpcCidr });
  if ("forbidden" in route) {
    throw new Error(`Forwarding to IP address ${route.forbidden} is forbidden.`);
  }
  const dialer = new Dialer(route, {
    port: Number(properties["portNumber"]),
    delayMs: dialDelayMs,
  });
  const portHost = { ...host, dial: () => dialer.dial() };
  const versions = { agent: agentVersion, client: clientVersion };
  if (isMultiplexed({ kind: "port", properties }, versions)) {
    const keepAlive = usesKeepAlive(agentVersion, clientVersion)
      ? { intervalMs: timing.keepAliveIntervalMs, timeoutMs: timing.keepAliveTimeoutMs }
      : undefined;
    return { plugin: new MuxPort(portHost, { keepAlive }), dialer };
  }
  const isForwarding = properties["type"] === "LocalPortForwarding";
  return { plugin: new BasicPort(portHost, { mode: isForwarding ? "basic" : "stdio" }), dialer };
}
