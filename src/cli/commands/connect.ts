/**
 * `connect`: the argument list to options. What they do is in `../connect/run.ts`.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";
import { AppError } from "../../errors/mod.ts";
import type { Forward, KeepAlive, Priority } from "../../session/mod.ts";
import {
  DEFAULT_FORWARD,
  type ForwardSpec,
  readForward,
  requireDistinctPorts,
} from "../forward_spec.ts";
import { examples } from "../help.ts";
import type { AwsOptions, SessionOptions } from "../invocation.ts";
import {
  formatOption,
  readAwsOptions,
  SESSION_OPTIONS,
  valueOption,
  withAwsOptions,
} from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import {
  readBindAddress,
  readInstance,
  readLocalPort,
  readPresetName,
  readRemoteHost,
  readRemotePort,
  readText,
} from "../values.ts";

/** What `connect` does: the command line, a preset and defaults, joined by `../presets/apply.ts`. */
export interface ConnectOptions extends CommonOptions, SessionOptions {
  /** As it was written: an id, a Name tag, `tag:KEY=VALUE`, an address or DNS name. */
  instance: string | undefined;
  /** The preset that INSTANCE named, or that this is saved as. */
  preset: string | undefined;
  /** At least one. */
  forwards: Forward[];
}

/** What the command line of `connect` says. Undefined is what it leaves to a preset or a default. */
export interface ConnectLine extends CommonOptions {
  /** As it was written. */
  instance: string | undefined;
  /** Whether INSTANCE may be the name of a preset: `--instance-id` never is. */
  mayBePreset: boolean;
  /** All `-L`; at least one, complete. */
  forwards: Forward[] | undefined;
  /** `--local-port` and its like, those that were given. */
  single: Partial<Forward>;
  reason: string | undefined;
  reconnect: boolean | undefined;
  priority: Priority | undefined;
  keepAlive: KeepAlive | undefined;
  /** Keep all of it as a preset of this name. */
  save: { name: string; mayReplace: boolean } | undefined;
}

interface CommonOptions {
  /** Run the quick checks before. */
  precheck: boolean;
  /** Find out why, when it fails. */
  diagnose: boolean;
  /** Have the background host hold the sessions. */
  background: boolean;
  aws: AwsOptions;
  /** Program and arguments to run while the forwards are ready. */
  command: string[] | undefined;
}

export const connectCommand: CommandDefinition = {
  takesCommandLine: true,
  define(program, found) {
    withAwsOptions(
      program.command("connect")
        .description(
          "Opens a tunnel: connections to a port of this machine come out at a port of the instance, " +
            "or at a host that the instance reaches. It stays open until Ctrl-C.\n\n" +
            "INSTANCE is the name of a preset of the configuration, an instance id, a Name tag, " +
            "tag:KEY=VALUE, a private IP address or a private DNS name. Without one, a terminal offers " +
            "a list. Without ports, a free local port leads to port 22.\n\n" +
            "Options come before what a preset says. -L replaces its forwards; --local-port and its " +
            "like change the one that it has.",
        )
        .usage("[INSTANCE] [options] [-- COMMAND...]")
        .argument("[INSTANCE]", "the instance to connect to")
        .optionsGroup("Forwarding:")
        .addOption(valueOption(
          "-i, --instance-id <INSTANCE>",
          "the same as INSTANCE, but never a preset",
          readText,
        ))
        .addOption(
          valueOption("--local-port <N>", "port of this machine; 0 is any free one", readLocalPort),
        )
        .addOption(
          valueOption("--remote-port <N>", "port to lead to (default: 22)", readRemotePort),
        )
        .addOption(
          valueOption(
            "--remote-host <HOST>",
            "host behind the instance to lead to",
            readRemoteHost,
          ),
        )
        .addOption(
          new Option("-L <[BIND:]LOCAL:[HOST:]REMOTE>", "one forward, as in ssh; may be repeated")
            .argParser<ForwardSpec[]>((text, before) => [...(before ?? []), readForward(text)]),
        )
        .addOption(
          valueOption("--bind <ADDRESS>", "local address (default: 127.0.0.1)", readBindAddress),
        )
        .addOption(SESSION_OPTIONS.reason)
        .addOption(new Option("--reconnect", "resume a lost session, whatever the preset says"))
        .addOption(SESSION_OPTIONS.noReconnect)
        .addOption(SESSION_OPTIONS.priority)
        .addOption(SESSION_OPTIONS.keepAlive)
        .addOption(new Option("--background", "return when ready; the tunnel stays open"))
        .optionsGroup("Presets:")
        .addOption(
          valueOption("--save <NAME>", "keep this as a preset, then connect", readPresetName),
        )
        .addOption(new Option("--force", "with --save: replace a preset of that name"))
        .optionsGroup("Diagnosis:")
        .addOption(new Option("--precheck", "run the quick checks first; see precheck"))
        .addOption(new Option("--no-diagnose", "do not look for the cause of a failure")),
    )
      .optionsGroup("Output:")
      .addOption(formatOption("text, or json: one event a line"))
      .addHelpText(
        "after",
        examples([
          [
            "Port 80 of the instance named web, at http://127.0.0.1:8080/",
            "ec2-connect connect web --local-port 8080 --remote-port 80",
          ],
          ["SSH of an instance, on any free local port", "ec2-connect connect i-0123456789abcdef0"],
          [
            "A database that only the instance named bastion reaches",
            "ec2-connect connect bastion -L 5432:db.internal:5432",
          ],
          [
            "Several ports, for scripts: one JSON object a line",
            "ec2-connect connect web -L 0:80 -L 0:443 --format json",
          ],
          ["As the preset db of the configuration says", "ec2-connect connect db"],
          [
            "Keep it as the preset db, for connect db and up db",
            "ec2-connect connect bastion -L 5432:db.internal:5432 --save db",
          ],
          ["Open it, and get on with other things", "ec2-connect connect web --background"],
          [
            "As long as a command runs",
            "ec2-connect connect tag:role=db --remote-port 5432 -- \\\n" +
            "    sh -c 'pg_dump -h 127.0.0.1 -p $EC2_CONNECT_LOCAL_PORT app'",
          ],
        ]),
      )
      .action((instance, options) => {
        found({
          format: options.format,
          options: (rest: string[] | undefined): ConnectLine => ({
            instance: readInstance(instance, options.instanceId),
            mayBePreset: options.instanceId === undefined,
            ...readForwards(options),
            reason: options.reason,
            reconnect: options.reconnect,
            priority: options.priority,
            keepAlive: options.keepAlive,
            save: readSave(options),
            precheck: options.precheck ?? false,
            diagnose: options.diagnose,
            background: options.background ?? false,
            aws: readAwsOptions(options),
            command: readCommand(rest, options.background ?? false),
          }),
          run: async (options, context) => {
            const { runConnect } = await import("../connect/run.ts");
            return await runConnect(options as ConnectLine, context);
          },
        });
      });
  },
};

function readForwards(options: {
  localPort?: number | undefined;
  remotePort?: number | undefined;
  remoteHost?: string | undefined;
  bind?: string | undefined;
  L?: ForwardSpec[] | undefined;
}): Pick<ConnectLine, "forwards" | "single"> {
  const { localPort, remotePort, remoteHost, bind } = options;
  const single: Partial<Forward> = {
    ...(localPort === undefined ? {} : { localPort }),
    ...(remotePort === undefined ? {} : { remotePort }),
    ...(remoteHost === undefined ? {} : { remoteHost }),
    ...(bind === undefined ? {} : { bind }),
  };
  if (options.L === undefined) return { forwards: undefined, single };
  const other = Object.keys(single).find((name) => name !== "bind");
  if (other !== undefined) {
    const name = other.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
    throw new AppError("usage", `Cannot combine -L with --${name}: both say where to forward`, {
      hint: "Put everything into -L [BIND:]LOCAL:[HOST:]REMOTE",
    });
  }
  const forwards = options.L.map((spec) => ({ bind: bind ?? DEFAULT_FORWARD.bind, ...spec }));
  requireDistinctPorts(forwards);
  return { forwards, single: {} };
}

function readSave(
  { save, force }: { save?: string | undefined; force?: boolean | undefined },
): ConnectLine["save"] {
  if (save !== undefined) return { name: save, mayReplace: force ?? false };
  if (!force) return undefined;
  throw new AppError("usage", "Cannot use --force without --save: there is nothing to replace", {
    hint: "Leave out --force, or give --save NAME",
  });
}

function readCommand(rest: string[] | undefined, isBackground: boolean): string[] | undefined {
  if (rest === undefined) return undefined;
  if (isBackground) {
    throw new AppError("usage", "Cannot combine --background with a command after --", {
      why: "The forwards end with the command, and so does what waits for it",
      hint: "Leave out --background",
    });
  }
  if (rest[0]) return rest;
  throw new AppError("usage", "Cannot run a command: found nothing after --", {
    hint: "Write the command after --, or leave -- out",
  });
}
