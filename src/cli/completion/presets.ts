/**
 * Presets and groups of the configuration file, unchecked.
 *
 * @module
 */
import { asTable } from "../../config/mod.ts";
import type { Candidate } from "./candidate.ts";

/** @param config The file's tables. */
export function presetCandidates(config: Readonly<Record<string, unknown>>): Candidate[] {
  return Object.entries(asTable(config["connections"])).map(([value, preset]) => {
    const { description, instance } = asTable(preset);
    const about = [description, instance].find((text) => typeof text === "string");
    return { value, about: about === undefined ? "preset" : `preset: ${about}` };
  });
}

/** @param config As of {@link presetCandidates}. */
export function groupCandidates(config: Readonly<Record<string, unknown>>): Candidate[] {
  return Object.entries(asTable(config["groups"])).map(([value, members]) => ({
    value,
    about: Array.isArray(members) ? `group: ${members.join(", ")}` : "group",
  }));
}
