import assert from "node:assert/strict";
import type { CommandEntry } from "../../../src/cli/command_table.ts";
import { type CommandDefinition, parseCommandLine } from "../../../src/cli/program.ts";
import { refusal } from "../../support/fake_io.ts";

/** A group as `database` is one, and a command beside it. */
const STORE: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    const group = program.command("store").description("Looks after a store.");
    for (const name of ["init", "info"]) {
      group.command(name).description(`Does ${name}.`).option("--limit <N>").argument("[NAME]")
        .action((word, options) =>
          found({
            format: undefined,
            options: () => [name, word, options],
            run: () => Promise.resolve(0),
          })
        );
    }
  },
};

const PLAIN: CommandDefinition = {
  takesCommandLine: true,
  define(program, found) {
    program.command("plain").argument("[WORD]").action(() =>
      found({ format: "json", options: (rest) => rest, run: () => Promise.resolve(0) })
    );
  },
};

const COMMANDS: readonly CommandEntry[] = [
  { name: "store", summary: "look after a store", group: "Mend:", load: async () => await STORE },
  { name: "plain", summary: "do the plain thing", group: "Mend:", load: async () => await PLAIN },
];

const parse = (line: string) =>
  parseCommandLine(line.split(" "), { columns: 80, commands: COMMANDS });

async function shown(line: string): Promise<string> {
  const invocation = await parse(line);
  assert.ok("show" in invocation, line);
  return invocation.show;
}

Deno.test("a command of a group is run under its whole name", async () => {
  const invocation = await parse("-v store init --limit 3 a");
  assert.ok("run" in invocation);
  assert.equal(invocation.command, "store init");
  assert.deepEqual(invocation.options, ["init", "a", { limit: "3" }]);
  assert.equal(invocation.globals.verbosity, 1);
});

Deno.test("a group alone, and asked for help in any way, shows its commands", async () => {
  const help = await shown("store --help");
  assert.match(help, /^Looks after a store\.$/m);
  assert.match(help, /^ {2}init /m);
  for (const line of ["store", "help store", "store -h", "-q store"]) {
    assert.equal(await shown(line), help, line);
  }
  assert.match(await shown("help store info"), /^Does info\.$/m);
  assert.match(await shown("store info -h"), /^Does info\.$/m);
});

Deno.test("what is wrong inside a group names the group's own", async () => {
  const cases: [string, string, string][] = [
    ["store inti", 'Unknown command "store inti"', "Did you mean store init?"],
    ["store inti --help", 'Unknown command "store inti"', "Did you mean store init?"],
    ["help store inti", 'Unknown command "store inti"', "Did you mean store init?"],
    ["stor", 'Unknown command "stor"', "Did you mean store?"],
    [
      "store xyzzy",
      'Unknown command "store xyzzy"',
      "Run ec2-connect store --help for the commands",
    ],
    ["store init --limt 3", 'Unknown option "--limt"', "Did you mean --limit?"],
    ["store init --zzz", 'Unknown option "--zzz"', "Run ec2-connect store init --help"],
    ["store init --verbos", 'Unknown option "--verbos"', "Did you mean --verbose?"],
    [
      "store init a b",
      'Cannot use argument "b": found more than wanted',
      "Run ec2-connect store init --help",
    ],
    ["store init --limit", "Cannot read --limit: found no value", "Write --limit <N>"],
  ];
  for (const [line, message, hint] of cases) {
    const error = await refusal(() => parse(line));
    assert.deepEqual([error.message, error.hint, error.exitCode], [message, hint, 2], line);
  }
  const stray = await refusal(() => parse("store init -- x"));
  assert.equal(stray.message, 'Cannot run store init: found "-- x"');
  // A word behind a plain command is its argument.
  assert.match(await shown("plain stor --help"), /plain/);
});
