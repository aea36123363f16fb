import assert from "node:assert/strict";
import { oneAtATime } from "../../../../src/cli/pick/one_at_a_time.ts";

Deno.test("a question waits for the one before, however that ends", async () => {
  const asked: string[] = [];
  const first = Promise.withResolvers<string>();
  const answers = [
    oneAtATime(() => (asked.push("first"), first.promise)),
    oneAtATime(() => (asked.push("second"), Promise.reject(new Error("left")))),
    oneAtATime(() => (asked.push("third"), Promise.resolve("3"))),
  ];
  const outcomes = Promise.allSettled(answers);
  await Promise.resolve();
  assert.deepEqual(asked, ["first"]);
  first.resolve("1");
  const [one, two, three] = await outcomes;
  assert.deepEqual(asked, ["first", "second", "third"]);
  assert.deepEqual([one, three].map((each) => each?.status === "fulfilled" && each.value), [
    "1",
    "3",
  ]);
  assert.equal(two?.status, "rejected");
});
