/**
 * The background host as commands ask it: found, or started, and asked again where it ends meanwhile.
 *
 * @module
 */
import { resolve } from "node:path";
import { AppError } from "../../errors/mod.ts";
import { startDetached } from "../../platform/mod.ts";
import { ControlClient, type HostFile, HostGoneError } from "../../session/host/mod.ts";
import type { Context } from "../context.ts";
import { requireStateFolder } from "../sessions/state_folder.ts";
import { VERSION } from "../version.ts";
import { hostEnvironment, requestEnvironment } from "./environment.ts";
import { findBackgroundHost, type FindHostOptions, requireBackgroundHost } from "./find_host.ts";
import { BACKGROUND_LOG } from "./log_path.ts";
import { type ConnectMessage, type ConnectRequest, readMessages } from "./wire.ts";

/** Times that a host may end just when it is asked. */
const TRIES = 3;

/** A command line of `connect`. */
export interface AskedConnect {
  args: readonly string[];
  /** What the person chose of several, in place of the command line's INSTANCE. */
  instance?: string | undefined;
  /** Configuration file that the settings of this process came from. */
  configFile: string | undefined;
}

export class BackgroundHost {
  readonly #context: Context;
  readonly #find: FindHostOptions;
  readonly #cwd = Deno.cwd();
  /** Of the host that is asked; one for all requests. */
  #file: Promise<HostFile> | undefined;

  /** @throws {AppError} `config` where the environment names no home. */
  constructor(context: Context) {
    const { io } = context;
    const stateFolder = requireStateFolder(io);
    this.#context = context;
    this.#find = {
      stateFolder,
      clock: io.clock,
      start: () =>
        startDetached(["host", "serve"], {
          env: hostEnvironment(io.env, this.#cwd),
          errorFile: `${stateFolder}/${BACKGROUND_LOG}`,
        }),
    };
  }

  /**
   * Has it run a command line, and hands each message to `onMessage` until the forwards are ready or the
   * command has ended. An abort of `signal` before ends the command.
   *
   * @returns The exit code; 0 when the forwards are ready.
   * @throws {AppError} When there is no host to be had, or it ends meanwhile.
   */
  async connect(
    asked: AskedConnect,
    { signal, onMessage }: {
      signal: AbortSignal;
      onMessage(message: Extract<ConnectMessage, { type: "output" }>): void;
    },
  ): Promise<number> {
    const { io } = this.#context;
    const request = this.#request(asked);
    for (let attempt = 1;; attempt++) {
      const file = this.#file ??= this.#findOrStart();
      try {
        using client = new ControlClient(await file, { clock: io.clock });
        return await untilDone(await client.connect(request, signal), onMessage);
      } catch (error) {
        if (this.#file === file) this.#file = undefined;
        if (!(error instanceof HostGoneError)) throw error;
        if (attempt === TRIES) throw hostEnded(error.message);
      }
    }
  }

  /** The host works in another folder, so a relative path would mean another file there. */
  #request({ args, instance, configFile }: AskedConnect): ConnectRequest {
    return {
      args: configFile === undefined
        ? [...args]
        : [...args, "--config", resolve(this.#cwd, configFile)],
      instance: instance ?? null,
      env: requestEnvironment(this.#context.io.env, this.#cwd),
      settingsTold: true,
    };
  }

  async #findOrStart(): Promise<HostFile> {
    const running = await findBackgroundHost(this.#find);
    const file = running === undefined || running.isEnding
      ? await requireBackgroundHost(this.#find)
      : running.file;
    if (file.version !== VERSION) {
      this.#context.reporter.warn(
        `The background host is of version ${file.version}, and this is ${VERSION}`,
        "End it with ec2-connect host stop to go on with this version",
      );
    }
    return file;
  }
}

async function untilDone(
  stream: ReadableStream<Uint8Array>,
  onMessage: (message: Extract<ConnectMessage, { type: "output" }>) => void,
): Promise<number> {
  try {
    for await (const message of readMessages(stream)) {
      switch (message.type) {
        case "output":
          onMessage(message);
          break;
        case "ready":
          return 0;
        case "exit":
          return message.code;
        default:
          message satisfies never;
      }
    }
  } catch (error) {
    throw hostEnded(error instanceof Error ? error.message : String(error), error);
  }
  throw hostEnded("its answer broke off");
}

function hostEnded(found: string, cause?: unknown): AppError {
  return new AppError("network", `The background host has ended while it connected: ${found}`, {
    hint: "Try again, or connect in the foreground",
    cause,
  });
}
