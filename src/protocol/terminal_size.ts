/**
 * The payload of a Size message.
 *
 * Source: plugin src/message/clientmessage.go SizeData; agent session/contracts/model.go.
 *
 * @module
 */

/** JSON with lower-case keys. */
export function encodeTerminalSize({ cols, rows }: { cols: number; rows: number }): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ cols, rows }));
}
