import assert from "node:assert/strict";
import fc from "fast-check";
import { dataFrame, type Frame, FrameParser, sizeFrame } from "../../../src/sandbox/pty/frames.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";

Deno.test("frames to the helper: a letter, the length, the bytes", () => {
  assert.equal(toHex(dataFrame(utf8("ls\r"))), "44000000036c730d");
  assert.equal(toHex(sizeFrame({ columns: 80, rows: 24 })), "520000000400180050");
  assert.equal(toHex(sizeFrame({ columns: 70_000, rows: 1 })), "52000000040001ffff");
});

Deno.test("FrameParser reads frames from bytes in any pieces (property)", () => {
  const stream = fromHex("53000000040000012c 4400000002 6869 4400000000 580000000400000082");
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }), (sizes) => {
    const parser = new FrameParser();
    const frames: Frame[] = [];
    const take = (bytes: Uint8Array) => {
      parser.push(bytes);
      for (let frame; (frame = parser.next()) !== undefined;) frames.push(frame);
    };
    let at = 0;
    for (const size of sizes) {
      take(stream.subarray(at, at + size));
      at += size;
    }
    take(stream.subarray(at));
    assert.deepEqual(
      frames.map((frame) => frame.kind === "data" ? toHex(frame.bytes) : frame),
      [{ kind: "started", pid: 300 }, "6869", "", { kind: "exited", status: 130 }],
    );
  }));
});

for (const hex of ["5100000000", "44ffffffff", "580000000100"]) {
  Deno.test(`FrameParser refuses ${hex}`, () => {
    const parser = new FrameParser();
    parser.push(fromHex(hex));
    assert.throws(() => parser.next(), /something else than frames/);
  });
}
