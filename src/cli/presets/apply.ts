/**
 * What `connect` does: its command line, completed by a preset of the configuration and by defaults.
 *
 * Each field is taken from where it is said first: command line, preset, default.
 *
 * @module
 */
import { parseSelector } from "../../aws/mod.ts";
import type { Connection } from "../../config/mod.ts";
import { AppError, toAppError } from "../../errors/mod.ts";
import type { Forward } from "../../session/mod.ts";
import type { ConnectLine, ConnectOptions } from "../commands/connect.ts";
import { DEFAULT_FORWARD, requireDistinctPorts } from "../forward_spec.ts";
import { readBindAddress, readRemoteHost } from "../values.ts";
import { findPreset, type NamedPreset, type Presets } from "./find.ts";

/**
 * The options of a command line.
 *
 * @throws {AppError} `usage` when the two contradict each other, `config` when the preset cannot be used.
 */
export function completeOptions(
  line: ConnectLine,
  presets: Pick<Presets, "connections">,
): ConnectOptions {
  const { instance, mayBePreset, forwards: _forwards, single: _single, save: _save, ...rest } =
    line;
  const preset = instance === undefined || !mayBePreset ? undefined : findPreset(presets, instance);
  const found = preset === undefined ? undefined : { name: instance!, preset };
  return {
    ...rest,
    instance: found === undefined ? instance : presetInstance(found),
    // What is saved as a preset is of it from the beginning.
    preset: line.save?.name ?? found?.name,
    forwards: chooseForwards(line, found),
    reason: line.reason ?? preset?.reason,
    reconnect: line.reconnect ?? preset?.reconnect ?? true,
    priority: line.priority ?? preset?.priority ?? "normal",
    keepAlive: line.keepAlive ?? preset?.keep_alive,
    aws: {
      profile: line.aws.profile ?? preset?.profile,
      region: line.aws.region ?? preset?.region,
      endpointUrl: line.aws.endpointUrl,
    },
  };
}

/**
 * Where a preset leads, complete.
 *
 * @throws {AppError} `config` naming the setting that is wrong.
 */
export function presetForwards({ name, preset }: NamedPreset): Forward[] {
  const written: Pick<Connection, "bind" | "local_port" | "remote_host" | "remote_port">[] =
    preset.forwards ?? [preset];
  return inConfiguration(() => {
    const forwards = written.map((each, index): Forward => {
      const path = `connections.${name}${
        preset.forwards === undefined ? "" : `.forwards.${index}`
      }`;
      const { bind, local_port, remote_host, remote_port } = each;
      return {
        bind: bind === undefined ? DEFAULT_FORWARD.bind : readBindAddress(bind, `${path}.bind`),
        localPort: local_port ?? DEFAULT_FORWARD.localPort,
        ...(remote_host === undefined
          ? {}
          : { remoteHost: readRemoteHost(remote_host, `${path}.remote_host`) }),
        remotePort: remote_port ?? DEFAULT_FORWARD.remotePort,
      };
    });
    requireDistinctPorts(forwards);
    return forwards;
  });
}

function chooseForwards(
  line: ConnectLine,
  found: NamedPreset | undefined,
): Forward[] {
  const { single } = line;
  if (line.forwards !== undefined) return line.forwards;
  if (found === undefined) return [{ ...DEFAULT_FORWARD, ...single }];
  const ofPreset = presetForwards(found);
  const { bind: _bind, ...ofOne } = single;
  const [name] = Object.keys(ofOne);
  if (name !== undefined && ofPreset.length > 1) {
    const option = `--${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new AppError(
      "usage",
      `Cannot use ${option} with preset "${found.name}": which is meant?`,
      {
        why: `The preset has ${ofPreset.length} forwards`,
        hint: "Give all of them with -L, which replaces those of the preset",
      },
    );
  }
  const forwards = ofPreset.map((forward) => ({ ...forward, ...single }));
  requireDistinctPorts(forwards);
  return forwards;
}

function presetInstance({ name, preset: { instance } }: NamedPreset): string {
  return inConfiguration(() => {
    parseSelector(instance);
    return instance;
  }, `connections.${name}.instance`);
}

/** What is refused in `read` stands in the configuration, and not on the command line. */
function inConfiguration<T>(read: () => T, where?: string): T {
  try {
    return read();
  } catch (error) {
    const { message, why, hint } = toAppError(error);
    throw new AppError("config", where === undefined ? message : `Invalid ${where}: ${message}`, {
      ...(why === undefined ? {} : { why }),
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}
