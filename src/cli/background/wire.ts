/**
 * What passes between `connect --background` and the background host: a request, and lines of JSON
 * until the forwards are ready or have failed. Over the control endpoint only, and in memory only: the
 * request's environment may hold credentials.
 *
 * @module
 */
import { ControlRefusal } from "../../session/host/mod.ts";

/** A command line to be run by the host as if it were run where it was written. */
export interface ConnectRequest {
  /** Of `connect`, as they were written. */
  args: string[];
  /** What the person chose of several; in place of the command line's INSTANCE. */
  instance: string | null;
  /** See `requestEnvironment()`. */
  env: Record<string, string>;
  /** Who asks has told what in the settings could not be used. */
  settingsTold: boolean;
}

/** One line of the answer. `ready` and `exit` are the last. */
export type ConnectMessage =
  | { type: "output"; stream: "stdout" | "stderr"; text: string }
  | { type: "ready" }
  | { type: "exit"; code: number };

/** @throws {ControlRefusal} 400 */
export function readConnectRequest(body: unknown): ConnectRequest {
  const { args, instance, env, settingsTold } = (body ?? {}) as Record<string, unknown>;
  const isValid = isTexts(args) && (instance === null || typeof instance === "string") &&
    typeof env === "object" && env !== null && isTexts(Object.values(env));
  if (!isValid) throw new ControlRefusal(400, "wanted args, instance and env");
  return {
    args,
    instance,
    env: env as Record<string, string>,
    settingsTold: settingsTold === true,
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/** The messages of an answer, in order. What is no message ends them. */
export async function* readMessages(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<ConnectMessage> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line) as ConnectMessage;
  }
}

export function messageLine(message: ConnectMessage): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message) + "\n");
}
