/**
 * `down`: ends the sessions of presets, whichever process holds them, and no others.
 *
 * @module
 */
import type { Config } from "../../config/mod.ts";
import type { DownOptions } from "../commands/down.ts";
import { type Context, loadSettings } from "../context.ts";
import { nameSessions } from "../../session/host/mod.ts";
import { writeResult } from "../result.ts";
import {
  describeEnding,
  type Ending,
  endSessions,
  type HeldSession,
  heldSessions,
} from "../sessions/end_sessions.ts";
import { type CreateSessionsParts, createSessionsParts } from "../sessions/parts.ts";
import { printable } from "../text.ts";
import { findPreset, namesMeant } from "./find.ts";

interface DownOutcome {
  name: string;
  endings: Ending[];
}

/**
 * @returns 0 when all of them were ended, or none was up.
 * @throws {AppError} The first failure, when every session has been tried.
 */
export async function runDown(
  options: DownOptions,
  context: Context,
  createParts: CreateSessionsParts = createSessionsParts,
): Promise<number> {
  const { reporter } = context;
  const { config } = await loadSettings(context);
  using parts = await createParts(options.aws, context);
  const hosts = await parts.survey();
  const held = Map.groupBy(heldSessions(hosts), ({ preset }) => preset ?? null);
  held.delete(null);
  // A preset that has been taken out of the file since is meant by its name all the same.
  const names = options.all
    ? inFileOrder([...held.keys()].map(String), config)
    : namesMeant(config, options.names, (name) =>
      held.has(name) || findPreset(config, name) !== undefined);
  if (names.length === 0) reporter.note("No preset is up");
  const outcomes = await Promise.all(names.map(async (name): Promise<DownOutcome> => {
    const sessions: HeldSession[] = held.get(name) ?? [];
    if (sessions.length === 0) reporter.note(`${name} is not up`);
    // What only AWS can end is ended with the credentials that opened it.
    const profile = options.aws.profile ?? findPreset(config, name)?.profile;
    using ownParts = await createParts({ ...options.aws, profile }, context);
    return { name, endings: await endSessions(sessions, { hosts, parts: ownParts, context }) };
  }));
  await writeResult(
    {
      schema: "down",
      value: {
        presets: outcomes.map(({ name, endings }) => ({
          name,
          was_up: endings.length > 0,
          sessions: endings.map(describeEnding),
        })),
      },
      text: () =>
        outcomes.flatMap(({ name, endings }) =>
          endings.filter(({ failure }) => failure === undefined)
            .map(({ session }) => printable(`${name}: ended ${nameSessions([session])}`))
        ),
    },
    context,
    options.output,
  );
  const failures = outcomes.flatMap(({ endings }) => endings)
    .flatMap(({ failure }) => failure ?? []);
  for (const failure of failures.slice(1)) reporter.error(failure);
  if (failures[0] !== undefined) throw failures[0];
  return 0;
}

/** As the configuration lists them; those that it no longer has come last. */
function inFileOrder(names: string[], { connections }: Config): string[] {
  const order = Object.keys(connections);
  const place = (name: string) => order.includes(name) ? order.indexOf(name) : order.length;
  return names.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
