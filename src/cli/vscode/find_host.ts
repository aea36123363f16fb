/**
 * TARGET among the Hosts that are set up.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import { matchingSessions } from "../../session/host/mod.ts";
import type { HostBlock } from "../../vscode/mod.ts";
import type { Context } from "../context.ts";
import { createSessionsParts } from "../sessions/parts.ts";

/** Hosts of this machine know it all. */
const NO_AWS = { profile: undefined, region: undefined, endpointUrl: undefined };

/**
 * By one of its names, or by an open session to its instance.
 *
 * @returns Undefined when it is neither.
 * @throws {AppError} `usage` when it names sessions to several instances.
 */
export async function findHost(
  text: string,
  blocks: readonly HostBlock[],
  context: Context,
): Promise<HostBlock | undefined> {
  const named = blocks.find(({ aliases }) =>
    aliases.some((alias) => alias.toLowerCase() === text.toLowerCase())
  );
  if (named !== undefined) return named;
  using parts = await createSessionsParts(NO_AWS, context);
  const sessions = (await parts.survey()).flatMap((host) => host.sessions);
  const matching = matchingSessions(sessions, text);
  const instanceIds = new Set(matching.map(({ instance_id }) => instance_id));
  if (instanceIds.size > 1) {
    throw new AppError("usage", `Cannot tell which Host "${text}" means: several sessions fit`, {
      why: matching.map(({ session_id, instance_id }) => `${session_id} (${instance_id})`).join(
        ", ",
      ),
      hint: "Give the whole session id, or the Host",
    });
  }
  return blocks.find(({ instanceId }) => instanceIds.has(instanceId));
}

/** The refusal of a TARGET that is none. */
export function noSuchHost(text: string, blocks: readonly HostBlock[]): AppError {
  return new AppError("usage", `Cannot find a Host for "${text}"`, {
    why: blocks.length === 0
      ? "No Host is set up"
      : `Set up are: ${blocks.map(({ aliases }) => aliases.join(" or ")).join(", ")}`,
    hint: "See them with: ec2-connect vscode status",
  });
}
