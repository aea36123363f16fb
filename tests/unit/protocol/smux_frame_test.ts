import assert from "node:assert/strict";
import { ProtocolError } from "../../../src/protocol/mod.ts";
import { SmuxParser, writeSmuxHeader } from "../../../src/protocol/smux_frame.ts";
import { fromHex, toHex, utf8 } from "../../support/hex.ts";

/** A parser whose events are written down as text; data of one frame is joined. */
function recordingParser(): { parser: SmuxParser; events: string[] } {
  const events: string[] = [];
  const parser = new SmuxParser({
    onSyn: (id) => events.push(`SYN ${id}`),
    onFin: (id) => events.push(`FIN ${id}`),
    onPush: (id, data) => events.push(`PSH ${id} ${new TextDecoder().decode(data)}`),
    onNop: () => events.push("NOP"),
  });
  return { parser, events };
}

function parse(hex: string): string[] {
  const { parser, events } = recordingParser();
  parser.feed(fromHex(hex));
  return events;
}

Deno.test("writeSmuxHeader() writes the reference's headers, little-endian", () => {
  const cases: [{ command: number; streamId: number; dataBytes: number }, string][] = [
    [{ command: 0, streamId: 3, dataBytes: 0 }, "0100000003000000"],
    [{ command: 2, streamId: 3, dataBytes: 5 }, "0102050003000000"],
    [{ command: 1, streamId: 3, dataBytes: 0 }, "0101000003000000"],
    [{ command: 3, streamId: 0, dataBytes: 0 }, "0103000000000000"],
    [{ command: 2, streamId: 0x04030201, dataBytes: 0x0605 }, "0102050601020304"],
    [{ command: 2, streamId: 0xffff_fffe, dataBytes: 65_535 }, "0102fffffeffffff"],
  ];
  for (const [header, wanted] of cases) {
    const bytes = new Uint8Array(10);
    writeSmuxHeader(bytes, 1, header);
    assert.equal(toHex(bytes), `00${wanted}00`);
  }
});

Deno.test("SmuxParser reads the reference's frames", () => {
  assert.deepEqual(
    parse("0100000003000000 010205000300000068656c6c6f 0101000003000000 0103000000000000"),
    ["SYN 3", "PSH 3 hello", "FIN 3", "NOP"],
  );
  assert.deepEqual(parse("0101000000000080"), ["FIN 2147483648"]);
});

Deno.test("SmuxParser reads frames that arrive a byte at a time", () => {
  const { parser, events } = recordingParser();
  for (const byte of fromHex("0100000003000000 010202000300000068690101000003000000")) {
    parser.feed(new Uint8Array([byte]));
  }
  assert.deepEqual(events, ["SYN 3", "PSH 3 h", "PSH 3 i", "FIN 3"]);
});

Deno.test("SmuxParser takes a frame of 65,535 bytes", () => {
  let received = 0;
  const parser = new SmuxParser({
    onSyn: () => assert.fail("no SYN was sent"),
    onFin: (id) => assert.equal(id, 7),
    onPush: (id, data) => {
      assert.equal(id, 5);
      received += data.byteLength;
    },
    onNop: () => assert.fail("no NOP was sent"),
  });
  parser.feed(fromHex("0102ffff05000000"));
  for (let sent = 0; sent < 65_535; sent += 13_107) parser.feed(new Uint8Array(13_107));
  parser.feed(fromHex("0101000007000000"));
  assert.equal(received, 65_535);
});

Deno.test("SmuxParser tells nothing of a PSH without data", () => {
  assert.deepEqual(parse("0102000003000000 0103000000000000"), ["NOP"]);
});

Deno.test("SmuxParser skips data that a command other than PSH carries", () => {
  assert.deepEqual(
    parse("0100020003000000aabb 0101020003000000aabb 0103020000000000aabb 010201000300000061"),
    ["SYN 3", "FIN 3", "NOP", "PSH 3 a"],
  );
});

Deno.test("SmuxParser refuses other versions and commands, after what came before", () => {
  const cases: [string, string][] = [
    ["0200000003000000", "smux_version"],
    ["0000000003000000", "smux_version"],
    ["0104000003000000", "smux_command"],
    ["01ff000003000000", "smux_command"],
  ];
  for (const [hex, code] of cases) {
    const { parser, events } = recordingParser();
    assert.throws(
      () => parser.feed(fromHex("0103000000000000" + hex)),
      (error) => error instanceof ProtocolError && error.code === code,
      hex,
    );
    assert.deepEqual(events, ["NOP"]);
  }
});

Deno.test("SmuxParser hands data on as views", () => {
  const bytes = fromHex("010205000300000068656c6c6f");
  let seen: Uint8Array | undefined;
  new SmuxParser({
    onSyn: () => {},
    onFin: () => {},
    onPush: (_, data) => seen = data,
    onNop: () => {},
  }).feed(bytes);
  assert.equal(seen?.buffer, bytes.buffer);
  assert.deepEqual(seen, utf8("hello"));
});
