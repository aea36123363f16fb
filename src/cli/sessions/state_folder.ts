/**
 * Where hosts of this user leave their files.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { stateFolder } from "../../platform/mod.ts";
import type { Io } from "../io.ts";

/** @throws {AppError} `config` where the environment names no home. */
export function requireStateFolder(io: Pick<Io, "os" | "env">): string {
  const folder = stateFolder(io);
  if (folder !== undefined) return folder;
  const variable = io.os === "windows" ? "LOCALAPPDATA" : "HOME";
  throw new AppError("config", `Cannot find the state folder: ${variable} is not set`, {
    hint: io.os === "windows" ? "Set LOCALAPPDATA" : "Set HOME, or XDG_STATE_HOME",
  });
}
