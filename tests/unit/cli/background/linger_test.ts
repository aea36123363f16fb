import assert from "node:assert/strict";
import { Linger } from "../../../../src/cli/background/linger.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

async function isOver(linger: Linger): Promise<boolean> {
  let over = false;
  linger.over.then(() => over = true);
  // Whatever has been resolved by now has told its listeners before the next turn.
  await new Promise((resolve) => setTimeout(resolve, 0));
  return over;
}

Deno.test("Linger: over a minute after the last has gone, and not before", async () => {
  const clock = new FakeClock();
  using linger = new Linger({ clock, lingerMs: 60_000 });
  clock.advance(59_000);
  const first = linger.hold();
  const second = linger.hold();
  clock.advance(3_600_000);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  clock.advance(3_600_000);
  second[Symbol.dispose]();
  clock.advance(59_999);
  assert.equal(await isOver(linger), false);
  clock.advance(1);
  assert.equal(await isOver(linger), true);
});

Deno.test("Linger: nothing ever to do is over as well; disposed it sets no timer", async () => {
  const clock = new FakeClock();
  {
    using linger = new Linger({ clock, lingerMs: 1_000 });
    clock.advance(1_000);
    assert.equal(await isOver(linger), true);
  }
  const linger = new Linger({ clock, lingerMs: 1_000 });
  const held = linger.hold();
  linger[Symbol.dispose]();
  held[Symbol.dispose]();
  assert.deepEqual(clock.delays, []);
});
