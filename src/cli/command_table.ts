/**
 * Every command there is, by name: what the program's own help needs, and a way to the rest.
 *
 * A command's options are loaded when its name is on the command line. Reading all of them would be paid
 * by each start.
 *
 * @module
 */
import type { CommandDefinition } from "./program.ts";

/** A top-level command, before anything of it is loaded. */
export interface CommandEntry {
  name: string;
  /** One line of the program's help; lower case, no period. */
  summary: string;
  /** The heading that it stands under there. */
  group: string;
  load(): Promise<CommandDefinition>;
}

const CONNECT = "Connect:";
const WATCH = "Watch:";
const MEND = "Diagnose and fix:";
const SET_UP = "Set up:";

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "connect",
    summary: "open a tunnel to an instance",
    group: CONNECT,
    load: async () => (await import("./commands/connect.ts")).connectCommand,
  },
  {
    name: "up",
    summary: "open presets in the background",
    group: CONNECT,
    load: async () => (await import("./commands/up.ts")).upCommand,
  },
  {
    name: "down",
    summary: "end the sessions of presets",
    group: CONNECT,
    load: async () => (await import("./commands/down.ts")).downCommand,
  },
  {
    name: "shell",
    summary: "open a shell on an instance",
    group: CONNECT,
    load: async () => (await import("./commands/shell.ts")).shellCommand,
  },
  {
    name: "exec",
    summary: "run a command on an instance",
    group: CONNECT,
    load: async () => (await import("./commands/exec.ts")).execCommand,
  },
  {
    name: "ssh-proxy",
    summary: "carry ssh to an instance",
    group: CONNECT,
    load: async () => (await import("./commands/ssh_proxy.ts")).sshProxyCommand,
  },
  {
    name: "list",
    summary: "show the open sessions",
    group: CONNECT,
    load: async () => (await import("./commands/list.ts")).listCommand,
  },
  {
    name: "status",
    summary: "show everything about a session",
    group: CONNECT,
    load: async () => (await import("./commands/status.ts")).statusCommand,
  },
  {
    name: "terminate",
    summary: "end sessions, whoever holds them",
    group: CONNECT,
    load: async () => (await import("./commands/terminate.ts")).terminateCommand,
  },
  {
    name: "host",
    summary: "look after the background host",
    group: CONNECT,
    load: async () => (await import("./commands/host.ts")).hostCommand,
  },
  {
    name: "metrics",
    summary: "show round trips, traffic and availability",
    group: WATCH,
    load: async () => (await import("./commands/metrics.ts")).metricsCommand,
  },
  {
    name: "resources",
    summary: "show memory and CPU of what holds sessions",
    group: WATCH,
    load: async () => (await import("./commands/resources.ts")).resourcesCommand,
  },
  {
    name: "health",
    summary: "tell whether sessions are well",
    group: WATCH,
    load: async () => (await import("./commands/health.ts")).healthCommand,
  },
  {
    name: "diagnose",
    summary: "find out why an instance cannot be reached",
    group: MEND,
    load: async () => (await import("./commands/diagnose.ts")).diagnoseCommand,
  },
  {
    name: "precheck",
    summary: "run the quick checks before connecting",
    group: MEND,
    load: async () => (await import("./commands/diagnose.ts")).precheckCommand,
  },
  {
    name: "fix",
    summary: "mend what keeps you from an instance",
    group: MEND,
    load: async () => (await import("./commands/fix.ts")).fixCommand,
  },
  {
    name: "config",
    summary: "show, check and write settings",
    group: SET_UP,
    load: async () => (await import("./commands/config.ts")).configCommand,
  },
  {
    name: "vscode",
    summary: "make ssh and VS Code reach instances",
    group: SET_UP,
    load: async () => (await import("./commands/vscode.ts")).vscodeCommand,
  },
  {
    name: "database",
    summary: "look after the history of sessions",
    group: SET_UP,
    load: async () => (await import("./commands/database.ts")).databaseCommand,
  },
  {
    name: "sandbox",
    summary: "serve an emulated AWS on this machine",
    group: SET_UP,
    load: async () => (await import("./commands/sandbox.ts")).sandboxCommand,
  },
  {
    name: "completion",
    summary: "make a shell complete what you type",
    group: SET_UP,
    load: async () => (await import("./commands/completion.ts")).completionCommand,
  },
];
