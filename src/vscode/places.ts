/**
 * The files that connect ssh with this program.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { type PathFacts, stateFolder } from "../platform/mod.ts";

export interface SshPlaces {
  home: string;
  /** `~/.ssh` */
  folder: string;
  /** The user's own. */
  userConfig: string;
  /** Ours, which the user's includes. */
  hostFile: string;
  /** Host keys of instances, apart from the user's. */
  knownHosts: string;
  /** The private key of `--push-key`; the public one is beside it with `.pub`. */
  privateKey: string;
}

/** @throws {AppError} `config` where the environment names no home. */
export function sshPlaces(facts: PathFacts): SshPlaces {
  const variable = facts.os === "windows" ? "USERPROFILE" : "HOME";
  const home = facts.env[variable];
  const state = stateFolder(facts);
  if (!home || state === undefined) {
    const missing = home ? "LOCALAPPDATA" : variable;
    throw new AppError("config", `Cannot find the folder of ssh: ${missing} is not set`, {
      hint: `Set ${missing} to its folder`,
    });
  }
  const slash = facts.os === "windows" ? "\\" : "/";
  const folder = `${home}${slash}.ssh`;
  return {
    home,
    folder,
    userConfig: `${folder}${slash}config`,
    hostFile: `${folder}${slash}ec2-connect.config`,
    knownHosts: `${folder}${slash}ec2-connect.known_hosts`,
    privateKey: `${state}${slash}ssh${slash}id_ed25519`,
  };
}
