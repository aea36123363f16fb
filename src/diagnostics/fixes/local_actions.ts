/**
 * What fixes change on this computer.
 *
 * @module
 */

import { AppError } from "../../errors/mod.ts";
import { nextFreePort } from "../../platform/mod.ts";
import type { FixAnswer, FixParams } from "./contracts.ts";

/** Runs a local action to its end. Throws `AppError` when it fails. */
export type LocalAct = (action: string, params: FixParams) => Promise<FixAnswer>;

/** What the actions use of the system. */
export interface LocalActParts {
  chmod(path: string, mode: number): Promise<void>;
  mkdir(path: string, mode: number): Promise<void>;
  /** With everything in it; none at that path is as good. */
  removeFolder(path: string): Promise<void>;
  /** Runs a program on this process' terminal, and gives its exit status. */
  run(command: readonly string[]): Promise<number>;
  /** Any port that is free now. */
  anyFreePort(): number;
  nextFreePort: typeof nextFreePort;
}

const LOOPBACK = "127.0.0.1";

export function localActions(parts: LocalActParts): LocalAct {
  return async (action, params) => {
    switch (action) {
      case "chmod":
        await parts.chmod(String(params["path"]), parseInt(String(params["mode"]), 8));
        return {};
      case "mkdir":
        await parts.mkdir(String(params["path"]), parseInt(String(params["mode"]), 8));
        return {};
      case "remove_folder":
        await parts.removeFolder(String(params["path"]));
        return {};
      case "pick_port": {
        const above = { bind: LOOPBACK, port: Number(params["above"]) };
        return { port: parts.nextFreePort(above) ?? parts.anyFreePort() };
      }
      case "run": {
        const command = (params["command"] as readonly string[]).map(String);
        const status = await parts.run(command);
        if (status === 0) return {};
        throw new AppError("auth", `${command.join(" ")} ended with status ${status}`, {
          hint: "Run it by hand to see why",
        });
      }
      default:
        throw new TypeError(`local:${action} is no action of a fix`);
    }
  };
}

/** This computer; `run` comes from whoever owns the terminal. */
export function systemActions(run: LocalActParts["run"]): LocalActParts {
  return {
    chmod: (path, mode) => Deno.chmod(path, mode),
    mkdir: (path, mode) => Deno.mkdir(path, { recursive: true, mode }),
    async removeFolder(path) {
      try {
        await Deno.remove(path, { recursive: true });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
    run,
    anyFreePort() {
      using listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
      return (listener.addr as Deno.NetAddr).port;
    },
    nextFreePort,
  };
}
