/**
 * A scripted client in a session that runs something.
 *
 * @module
 */
import assert from "node:assert/strict";
import { utf8 } from "./hex.ts";
import { handshakeResponse, PAYLOAD } from "./port_client.ts";
import type { SessionGrant, TestSandbox } from "./sandbox.ts";
import { ScriptedClient } from "./scripted_client.ts";

export const SHELL_PAYLOAD = {
  ...PAYLOAD,
  challengeRequest: 8,
  challengeResponse: 9,
  stdErr: 11,
  exitCode: 12,
};

export interface ShellClient {
  client: ScriptedClient;
  grant: SessionGrant;
}

/**
 * Starts a plain shell, or a command on a terminal. The caller disposes the client.
 *
 * @param options.waits False: what is sent at once comes before the terminal, and is refused.
 */
export async function openShell(
  test: TestSandbox,
  options: { command?: string; target?: string; waits?: boolean } = {},
): Promise<ShellClient> {
  const { command, waits = command === undefined, ...rest } = options;
  const grant = await test.startSession({
    ...rest,
    ...(command === undefined
      ? { document: "SSM-SessionManagerRunShell" }
      : { document: "AWS-StartInteractiveCommand", parameters: { command: [command] } }),
  });
  const client = await ScriptedClient.open(grant);
  if (waits) await client.when(() => client.output.byteLength > 0);
  return { client, grant };
}

/** Starts a command without a terminal, and goes through the handshake. */
export async function openCommand(
  test: TestSandbox,
  command: string,
  options: { separate?: boolean; parameters?: Record<string, string[]> } = {},
): Promise<ShellClient> {
  const grant = await test.startSession({
    document: "AWS-StartNonInteractiveCommand",
    parameters: {
      command: [command],
      ...(options.separate && { separateOutputStream: ["true"] }),
      ...options.parameters,
    },
  });
  const client = await ScriptedClient.open(grant);
  await client.data(PAYLOAD.handshakeRequest);
  await client.sendData(PAYLOAD.handshakeResponse, handshakeResponse());
  await client.data(PAYLOAD.handshakeComplete);
  return { client, grant };
}

/** Types a text. */
export const type = (client: ScriptedClient, text: string): Promise<void> =>
  client.sendData(PAYLOAD.output, utf8(text));

export const resize = (client: ScriptedClient, cols: number, rows: number): Promise<void> =>
  client.sendData(PAYLOAD.size, utf8(JSON.stringify({ cols, rows })));

/** Waits until all that was printed so far holds a pattern; gives the match. */
export async function printed(client: ScriptedClient, pattern: RegExp): Promise<RegExpExecArray> {
  const text = () => new TextDecoder().decode(client.output);
  const timer = setTimeout(
    () => client.cut(),
    15_000,
  );
  try {
    await client.when(() => pattern.test(text()) || hasEnded(client));
  } finally {
    clearTimeout(timer);
  }
  const match = pattern.exec(text());
  assert.ok(match !== null, `no ${pattern} in ${JSON.stringify(text())}`);
  return match;
}

/** Payloads of one type that came, each once and in order, joined. */
export function received(client: ScriptedClient, payloadType: number): Uint8Array {
  const parts = new Map<number, Uint8Array>();
  for (const heard of client.heard) {
    if (heard.kind !== "message" || heard.message.messageType !== "output_stream_data") continue;
    const { sequenceNumber, payload } = heard.message;
    if (heard.message.payloadType === payloadType) parts.set(sequenceNumber, payload);
  }
  const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, payload]) => payload);
  return new Uint8Array(inOrder.flatMap((payload) => [...payload]));
}

export function receivedText(client: ScriptedClient, payloadType: number): string {
  return new TextDecoder().decode(received(client, payloadType));
}

/** Whether a process of this machine runs; one that has ended and was not waited for does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const { success, stdout } = await new Deno.Command("ps", {
    args: ["-o", "stat=", "-p", String(pid)],
    stderr: "null",
  }).output();
  return success && !new TextDecoder().decode(stdout).trim().startsWith("Z");
}

function hasEnded(client: ScriptedClient): boolean {
  return client.heard.some(({ kind }) => kind === "end");
}
