import assert from "node:assert/strict";
import { kindsOfArgument, kindsOfOption } from "../../../../src/cli/completion/kinds.ts";
import { nameOf } from "../../../../src/cli/completion/position.ts";
import { type CommandNode, loadTree } from "../../../../src/cli/completion/tree.ts";
import { COMMANDS } from "../../../../src/cli/command_table.ts";

function* commandsBelow(node: CommandNode, path = ""): Generator<[string, CommandNode]> {
  yield [path, node];
  for (const each of node.commands) yield* commandsBelow(each, `${path} ${each.name}`.trim());
}

Deno.test("completion knows of every option and argument of every command what it takes", async () => {
  const tree = await loadTree(COMMANDS.map(({ name }) => name));
  let count = 0;
  for (const [path, command] of commandsBelow(tree)) {
    for (const option of command.options.filter(({ required }) => required)) {
      assert.ok(kindsOfOption(option), `add ${path} ${option.flags} to completion/kinds.ts`);
      count++;
    }
    for (const { name } of command.arguments) {
      assert.ok(kindsOfArgument(command, name), `add ${path} ${name} to completion/kinds.ts`);
      count++;
    }
  }
  assert.ok(count > 50);
});

Deno.test("words of an option are those that it reads", async () => {
  const tree = await loadTree(["connect"]);
  const connect = tree.commands.find(({ name }) => name === "connect")!;
  const priority = connect.options.find((option) => nameOf(option) === "--priority")!;
  assert.deepEqual(kindsOfOption(priority), [
    { from: "words", words: ["low", "normal", "high", "critical"] },
  ]);
});
