/**
 * The message id: a UUID whose two 8-byte halves are swapped on the wire.
 *
 * Source: plugin src/message/messageparser.go putUuid and getUuid. In JSON (the acknowledgement) the
 * same id is the ordinary text of the UUID that was not swapped.
 *
 * @module
 */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/**
 * Writes `uuid` as 16 bytes, low half first.
 *
 * @throws {RangeError} If `uuid` is not the hyphenated text of a UUID.
 */
export function writeMessageId(view: DataView, offset: number, uuid: string): void {
  if (!UUID.test(uuid)) throw new RangeError(`"${uuid}" is not a UUID`);
  view.setUint32(offset + 8, parseInt(uuid.slice(0, 8), 16));
  view.setUint32(offset + 12, parseInt(uuid.slice(9, 13) + uuid.slice(14, 18), 16));
  view.setUint32(offset, parseInt(uuid.slice(19, 23) + uuid.slice(24, 28), 16));
  view.setUint32(offset + 4, parseInt(uuid.slice(28), 16));
}

/** Reads 16 bytes as the lower-case hyphenated text of a UUID. */
export function readMessageId(view: DataView, offset: number): string {
  const hex = (at: number) => HEX[view.getUint8(offset + at)]!;
  return hex(8) + hex(9) + hex(10) + hex(11) + "-" + hex(12) + hex(13) + "-" + hex(14) + hex(15) +
    "-" + hex(0) + hex(1) + "-" + hex(2) + hex(3) + hex(4) + hex(5) + hex(6) + hex(7);
}
