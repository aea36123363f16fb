import assert from "node:assert/strict";
import { scriptOf, SHELLS } from "../../../../src/cli/completion/install.ts";

/** How each shell reads a script without running it. */
const READERS = {
  bash: ["bash", "-n"],
  zsh: ["zsh", "-n"],
  fish: ["fish", "--no-execute"],
  powershell: [
    "pwsh",
    "-NoProfile",
    "-Command",
    "$e = $null; [void][System.Management.Automation.Language.Parser]::ParseFile($args[0], [ref]$null, [ref]$e); exit $e.Count",
  ],
} as const;

for (const shell of SHELLS) {
  const [program, ...args] = READERS[shell];
  const isThere = new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
    .outputSync().success;
  const suffix = isThere ? "" : ` (skipped: ${program} is not installed)`;
  Deno.test(`${shell} reads its script${suffix}`, { ignore: !isThere }, async () => {
    const path = await Deno.makeTempFile({ suffix: ".ps1" });
    await Deno.writeTextFile(path, await scriptOf(shell));
    const { success, stderr } = await new Deno.Command(program, { args: [...args, path] }).output();
    await Deno.remove(path);
    assert.ok(success, new TextDecoder().decode(stderr));
  });
}

Deno.test("PowerShell's script is closed as it is opened, and asks as the program answers", async () => {
  const script = await scriptOf("powershell");
  // Strings and comments may hold any bracket.
  const code = script.replace(/'(?:[^']|'')*'|"[^"]*"|#.*$/gm, "");
  const open: string[] = [];
  for (const [bracket] of code.matchAll(/[[\](){}]/g)) {
    const closes = { ")": "(", "]": "[", "}": "{" }[bracket];
    if (closes === undefined) open.push(bracket);
    else assert.equal(open.pop(), closes);
  }
  assert.deepEqual(open, []);
  // Windows PowerShell 5.1 reads a file without a mark as the system's code page.
  // deno-lint-ignore no-control-regex -- every character of ASCII.
  assert.match(script, /^[\x00-\x7f]*$/);
  assert.match(script, /__complete powershell \$encoded/);
});
