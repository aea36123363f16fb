/**
 * Shells and commands on terminals: real ones, of this machine. Each message is written by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { utf8 } from "../support/hex.ts";
import { acknowledgedNumbers, closingText, eventually, flag } from "../support/port_client.ts";
import { needsPrograms } from "../support/needs_programs.ts";
import { openSandbox, type TestSandbox } from "../support/sandbox.ts";
import { ScriptedClient } from "../support/scripted_client.ts";
import {
  isRunning,
  openShell,
  printed,
  resize,
  SHELL_PAYLOAD,
  type,
} from "../support/shell_client.ts";

const NEEDS = needsPrograms("python3", "ps");

function test(
  name: string,
  fn: (test: TestSandbox) => Promise<void>,
  options: Parameters<typeof openSandbox>[0] = {},
): void {
  Deno.test(`sandbox shell: ${name}`, NEEDS, async () => {
    await using test = await openSandbox(options);
    await fn(test);
  });
}

test("starts with output as its first message, without a handshake", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  const first = await client.message("output_stream_data");
  assert.deepEqual([first.sequenceNumber, first.flags, first.payloadType], [0, 1, 1]);
  assert.equal(test.session().mode, "shell");
  assert.equal(test.session().status, "Connected");
});

test("runs what is typed, on a terminal, in a home of its own", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  await type(client, "tty; echo $((6 * 7)); pwd; echo $HOME $TERM $LANG\r");
  await printed(client, /\/dev\/\S+\r\n42\r\n(\/\S+)\r\n\1 xterm-256color C\.UTF-8\r\n/);
});

test("has nothing of the sandbox's environment", async (test) => {
  Deno.env.set("SANDBOX_SECRET", "hush");
  try {
    const { client } = await openShell(test);
    await using _client = client;
    await type(client, "env; tr '\\\\0' ' ' </proc/$PPID/environ; echo; echo do''ne\r");
    assert.doesNotMatch((await printed(client, /^[^]*\ndone/m))[0], /hush|SECRET/);
  } finally {
    Deno.env.delete("SANDBOX_SECRET");
  }
});

test("takes the size of the terminal, and tells programs of changes", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  await resize(client, 97, 31);
  await type(client, "stty size\r");
  await printed(client, /\n31 97\r\n/);
  await type(client, "trap 'stty size; echo changed' WINCH; echo rea''dy\r");
  await printed(client, /ready/);
  await resize(client, 140, 50);
  await type(client, "\r");
  await printed(client, /50 140\r\nchanged/);
});

test("a size that is none is not acknowledged, and one that follows with its number is", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  await type(client, "echo $((5 * 5))\r");
  await printed(client, /\n25\r/);
  await client.settled();
  await client.sendData(SHELL_PAYLOAD.size, utf8("wide"), client.nextSequence);
  assert.deepEqual(acknowledgedNumbers(await client.settled()), []);
  await resize(client, 80, 24);
  await type(client, "stty size\r");
  await printed(client, /\n24 80\r\n/);
});

test("Ctrl-C, Ctrl-Z and Ctrl-\\ are typed: they reach what runs, not the shell", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  for (const [key, status] of [["\x03", 130], ["\x1a", 148], ["\x1c", 131]] as const) {
    // The one that prints is the one that the key is for: it is there by then.
    await type(client, `sh -c 'echo $((${status} + 1000)); exec sleep 1000'\r`);
    await printed(client, new RegExp(`\n${status + 1000}\r`));
    await type(client, key);
    await type(client, "echo status $?\r");
    await printed(client, new RegExp(`status ${status}`));
  }
});

test("input before the terminal exists is not acknowledged; sent again it is typed", async (test) => {
  const { client } = await openShell(test, { waits: false });
  await using _client = client;
  const typed = utf8("echo $((3 * 3))\r");
  let isTaken = false;
  let attempts = 0;
  while (!isTaken) {
    await client.sendData(1, typed, 0);
    attempts++;
    isTaken = acknowledgedNumbers(await client.settled()).includes(0);
    assert.ok(attempts < 100_000);
  }
  assert.ok(attempts > 1);
  assert.equal(test.session().counters.notReady, attempts - 1);
  await printed(client, /[ \n]9\r/);
});

test("the exit ends the session with an empty text, when the last output is acknowledged", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  await type(client, "echo by''e; exit 3\r");
  assert.equal(await closingText(client), "");
  assert.match(new TextDecoder().decode(client.output), /bye\r\n$/);
  assert.deepEqual([test.session().status, test.session().endReason], ["Terminated", ""]);
});

test("a flag means nothing to a shell; TerminateSession ends it", async (test) => {
  const { client, grant } = await openShell(test);
  await using _client = client;
  await type(client, "echo pid=$$=\r");
  const pid = Number((await printed(client, /pid=(\d+)=/))[1]);
  await client.sendData(SHELL_PAYLOAD.flag, flag(2));
  await type(client, "echo $((7 * 7))\r");
  await printed(client, /\n49\r/);
  await test.ssm("TerminateSession", { SessionId: grant.SessionId });
  assert.equal(await closingText(client), "");
  await eventually("the shell is gone", async () => !await isRunning(pid));
});

test("a command on a terminal ends with it; its line is a shell's", async (test) => {
  const { client } = await openShell(test, { command: "for i in 1 2; do echo n$i; done; tty" });
  await using _client = client;
  assert.equal(await closingText(client), "");
  assert.match(new TextDecoder().decode(client.output), /^n1\r\nn2\r\n\/dev\/\S+\r\n$/);
  assert.equal(test.session().mode, "interactive");
});

test("a command on a terminal can be typed to", async (test) => {
  const { client } = await openShell(test, { command: "echo say; read -r line; echo got $line" });
  await using _client = client;
  await printed(client, /say/);
  await type(client, "hello\r");
  await printed(client, /got hello/);
});

test("large output arrives whole, in payloads of 1,024 bytes and a carried rest", async (test) => {
  const command = 'stty -opost; i=0; while [ $i -lt 6000 ]; do echo "$i äöü€😀"; i=$((i+1)); done';
  const { client } = await openShell(test, { command });
  await using _client = client;
  await closingText(client);
  const expected = Array.from({ length: 6000 }, (_, i) => `${i} äöü€😀\n`).join("");
  assert.equal(new TextDecoder().decode(client.output), expected);
  for (const heard of client.heard) {
    if (heard.kind !== "message" || heard.message.payloadType !== 1) continue;
    assert.ok(heard.message.payload.byteLength <= 1027);
    new TextDecoder("utf-8", { fatal: true }).decode(heard.message.payload);
  }
});

test("a paste of 10 kB is typed whole", async (test) => {
  const { client } = await openShell(test, {
    command: "stty raw -echo; echo go; head -c 10240 | md5sum",
  });
  await using _client = client;
  await printed(client, /go/);
  const paste = "0123456789abcdef".repeat(640);
  for (let at = 0; at < paste.length; at += 1024) await type(client, paste.slice(at, at + 1024));
  await closingText(client);
  const hash = createHash("md5").update(paste).digest("hex");
  assert.match(new TextDecoder().decode(client.output), new RegExp(hash));
});

test("what a session started is gone with it, however it clings", async (test) => {
  const { client, grant } = await openShell(test);
  await using _client = client;
  await type(client, "trap '' HUP TERM; sleep 1000 & echo bg=$!=; echo own=$$=\r");
  const background = Number((await printed(client, /bg=(\d+)=/))[1]);
  const own = Number((await printed(client, /own=(\d+)=/))[1]);
  assert.ok(await isRunning(background) && await isRunning(own));
  await test.ssm("TerminateSession", { SessionId: grant.SessionId });
  await eventually("the background job is gone", async () => !await isRunning(background));
  await eventually("the shell is gone", async () => !await isRunning(own));
});

Deno.test(
  "sandbox shell: nothing is left running, nor any file, when the sandbox has stopped",
  async () => {
    const test = await openSandbox();
    const { client } = await openShell(test);
    await type(client, "touch here; echo home=$HOME=; sleep 1000 & echo pid=$!=\r");
    const pid = Number((await printed(client, /pid=(\d+)=/))[1]);
    const home = (await printed(client, /home=(\/[^=]+)=/))[1]!;
    assert.ok(await isRunning(pid));
    assert.ok((await Deno.stat(`${home}/here`)).isFile);
    await test.sandbox.stop();
    await client[Symbol.asyncDispose]();
    assert.equal(await isRunning(pid), false);
    await assert.rejects(Deno.stat(home), Deno.errors.NotFound);
  },
);

test("a cut loses nothing: the shell goes on where it was", async (test) => {
  const { client, grant } = await openShell(test);
  await type(client, "x=kept; echo $((1 + 2))\r");
  await printed(client, /\n3\r/);
  const heard =
    client.heard.filter((each) =>
      each.kind === "message" && each.message.messageType === "output_stream_data"
    ).length;
  test.sandbox.faults.apply({ fault: "cut" });
  await client.closed();
  await client[Symbol.asyncDispose]();
  const { json } = await test.ssm("ResumeSession", { SessionId: grant.SessionId });
  await using second = await ScriptedClient.open(json);
  second.nextSequence = client.nextSequence;
  await type(second, "echo $x\r");
  const next = await second.message("output_stream_data");
  assert.ok(next.sequenceNumber >= heard - 1);
  await printed(second, /kept/);
});

test("input counts as activity, output does not", async (test) => {
  const { client } = await openShell(test, { command: "while :; do echo tick; sleep 0.05; done" });
  await using _client = client;
  await printed(client, /tick/);
  assert.match(await closingText(client), /^Session ended: idle for/);
}, { timing: { idleTimeoutMs: 1_500 } });

test("the preferences' profile is typed first", async (test) => {
  const { client } = await openShell(test);
  await using _client = client;
  await printed(client, /welcome 12\r/);
}, { preferences: { shellProfile: "echo welcome $((3 * 4))" } });

test("the time to the first output is the real agent's unless it is shortened", async (test) => {
  const startedMs = performance.now();
  const { client } = await openShell(test);
  await using _client = client;
  await client.message("output_stream_data");
  assert.ok(performance.now() - startedMs >= 300);
}, { timing: { firstOutputMs: 300 } });

for (
  const [user, text] of [
    ["", "please set the RunAs default user"],
    [
      "nobody-of-that-name",
      "failed to start pty since RunAs user nobody-of-that-name does not exist",
    ],
    ["daemon", "the sandbox runs commands as its own user only, and not as daemon"],
  ] as const
) {
  test(`RunAs "${user}" fails the session with its reason`, async (test) => {
    const { client } = await openShell(test, { waits: false });
    await using _client = client;
    assert.equal(await closingText(client), `Unable to start command: ${text}\n`);
    assert.equal(test.session().status, "Failed");
  }, { preferences: { runAsEnabled: true, runAsDefaultUser: user } });
}

test("without shells StartSession says why", async (test) => {
  const { status, json } = await test.ssm("StartSession", {
    Target: test.instance("healthy").instanceId,
  });
  assert.deepEqual([status, json.__type], [400, "InvalidDocument"]);
  assert.match(json.message, /started without shells/);
  await test.startSession();
}, { shells: false });

test("a sandbox that others can reach has no shells", async (test) => {
  const { json } = await test.ssm("StartSession", {
    Target: test.instance("healthy").instanceId,
    DocumentName: "AWS-StartNonInteractiveCommand",
    Parameters: { command: ["id"] },
  });
  assert.match(json.message, /can be reached from other machines/);
}, { hostname: "0.0.0.0" });
