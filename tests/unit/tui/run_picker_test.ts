/**
 * The picker on a terminal that is a script: keys come when they are wanted, and nothing waits.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Picker, pickerRow, runPicker } from "../../../src/tui/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { ScriptedTerminal } from "../../support/scripted_terminal.ts";

function picker(): Picker {
  const made = new Picker({
    question: "Pick",
    columns: [{ title: "NAME" }],
    isMulti: false,
    enterDoes: "picks",
  });
  made.setRows(["a", "b", "c"].map((id) => pickerRow({ id, cells: [id], keys: [id] })));
  return made;
}

function run(terminal: ScriptedTerminal, more: Partial<Parameters<typeof runPicker>[1]> = {}) {
  return runPicker(picker(), {
    terminal,
    paint: (text) => text,
    clock: new FakeClock(),
    signals: [],
    onReady: () => {},
    ...more,
  });
}

Deno.test("keys move and choose; the terminal is given back as it was", async () => {
  const terminal = new ScriptedTerminal(["\x1b[B", "\r"]);
  assert.deepEqual(await run(terminal), { chosen: ["b"] });
  assert.ok(terminal.isRestored);
  assert.ok(terminal.written.startsWith("\r\x1b[K\x1b[?1049h"));
  assert.ok(terminal.written.includes("\r\n> b\x1b[K"));
});

Deno.test("what is pressed after the last key is left for who reads next", async () => {
  const terminal = new ScriptedTerminal(["\r", "ls\r"]);
  await run(terminal);
  assert.equal(terminal.unread, 1);
});

Deno.test("Ctrl-C and the end of input leave", async () => {
  for (const keys of [["\x03"], []]) {
    const terminal = new ScriptedTerminal(keys, { ends: true });
    assert.deepEqual(await run(terminal), { left: true });
    assert.ok(terminal.isRestored);
  }
});

Deno.test("an escape that nothing follows in time is the key", async () => {
  const clock = new FakeClock();
  const terminal = new ScriptedTerminal(["\x1b"]);
  const running = run(terminal, { clock });
  await clock.scheduled(50);
  clock.advance(49);
  assert.ok(!terminal.isRestored);
  clock.advance(1);
  assert.deepEqual(await running, { left: true });
});

Deno.test("a sequence in two pieces is not the key escape", async () => {
  const terminal = new ScriptedTerminal(["\x1b", "[B", "\r"]);
  assert.deepEqual(await run(terminal), { chosen: ["b"] });
});

Deno.test("an aborted signal ends it with its reason, before and meanwhile", async () => {
  const before = new ScriptedTerminal([]);
  await assert.rejects(run(before, { signals: [AbortSignal.abort(new Error("gone"))] }), /gone/);
  assert.equal(before.written, "");
  const controller = new AbortController();
  const meanwhile = new ScriptedTerminal([]);
  const running = run(meanwhile, { signals: [controller.signal] });
  controller.abort(new Error("stopped"));
  await assert.rejects(running, /stopped/);
  assert.ok(meanwhile.isRestored);
});

Deno.test("it is drawn anew when its size changes or a list arrives, and never after its end", async () => {
  const terminal = new ScriptedTerminal([]);
  const controller = new AbortController();
  let redraw = () => {};
  const running = run(terminal, {
    signals: [controller.signal],
    onReady: (draw) => redraw = draw,
  });
  await terminal.isWaiting;
  const drawn = () => terminal.written.split("Pick: ").length - 1;
  assert.equal(drawn(), 1);
  terminal.size = { columns: 12, rows: 4 };
  terminal.resized();
  assert.match(terminal.written, /Pi…/);
  redraw();
  controller.abort(new Error("over"));
  await assert.rejects(running, /over/);
  const { written } = terminal;
  redraw();
  terminal.resized();
  assert.equal(terminal.written, written);
});
