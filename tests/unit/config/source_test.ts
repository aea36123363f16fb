import assert from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_CONFIG, loadConfig } from "../../../src/config/mod.ts";
import { refusal } from "../../support/fake_io.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function withFile(
  name: string,
  content: string | Uint8Array,
  test: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, name);
    await Deno.writeFile(path, typeof content === "string" ? encode(content) : content);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const load = (path: string) => loadConfig({ os: "linux", env: {}, path });

Deno.test("an empty file of any format is no settings", async () => {
  for (const name of ["a.json", "a.toml", "a.yaml"]) {
    for (const text of ["", "\n\n", "\uFEFF", "\r\n"]) {
      await withFile(name, text, async (path) => {
        assert.deepEqual((await load(path)).config, DEFAULT_CONFIG, name);
      });
    }
  }
});

Deno.test("a file with a byte order mark and the line ends of Windows is read", async () => {
  const cases: [string, string][] = [
    ["a.json", '\uFEFF{\r\n  "aws": {"profile": "x"}\r\n}\r\n'],
    ["a.toml", '\uFEFF[aws]\r\nprofile = "x"\r\n'],
    ["a.yaml", "\uFEFFaws:\r\n  profile: x\r\n"],
  ];
  for (const [name, text] of cases) {
    await withFile(name, text, async (path) => {
      assert.equal((await load(path)).config.aws.profile, "x", name);
    });
  }
});

Deno.test("a file that holds no table, or cannot be read, says what it holds", async () => {
  const cases: [name: string, content: string | Uint8Array, message: RegExp, why: RegExp][] = [
    ["a.json", "[]", /a\.json: found an empty list$/, /^Wanted a table of settings$/],
    ["a.json", "5", /a\.json: found 5$/, /^Wanted a table of settings$/],
    ["a.json", "null", /a\.json: found null$/, /^Wanted a table of settings$/],
    ["a.yaml", "- a\n- b\n", /a\.yaml: found a list$/, /^Wanted a table of settings$/],
    ["a.yaml", "hello\n", /a\.yaml: found "hello"$/, /^Wanted a table of settings$/],
    ["a.json", '{"aws": {},\n "aws": {}}', /line 2: not valid JSON$/, /"aws" is there twice/],
    ["a.toml", "[aws]\n[aws]\n", /line 2: not valid TOML$/, /./],
    ["a.yaml", "aws: {}\naws: {}\n", /line 2: not valid YAML$/, /unique/],
    ["a.yaml", "a: &a [*b]\n", /a\.yaml: not valid YAML$/, /Unresolved alias/],
    ["a.json", '{"aws": {}} // why', /line 1: not valid JSON$/, /^JSON has no comments/],
    ["a.json", "{\n# why\n}", /line 2: not valid JSON$/, /^JSON has no comments/],
    ["a.json", '{"aws": {},\n}', /line 2: not valid JSON$/, /^JSON takes no comma before }$/],
    ["a.json", "{'aws': {}}", /line 1: not valid JSON$/, /^Expected/],
    ["a.json", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), /it is no text in UTF-8$/, /^$/],
    [
      "a.json",
      `{"aws": {}${" ".repeat(10 * 1024 * 1024)}}`,
      /it has 10\.0 MB$/,
      /^Wanted at most 1 MB of settings$/,
    ],
  ];
  for (const [name, content, message, why] of cases) {
    await withFile(name, content, async (path) => {
      const error = await refusal(() => load(path));
      assert.equal(error.exitCode, 2);
      assert.match(error.message, message);
      assert.match(error.why ?? "", why, error.message);
    });
  }
});

Deno.test(
  "folders, devices and no settings at all",
  { ignore: Deno.build.os === "windows" },
  () =>
    withFile("a.json", "{}", async (path) => {
      const folder = join(path, "..");
      await Deno.symlink("/dev/zero", join(folder, "zero.json"));
      const cases: [string, RegExp][] = [
        [folder, /: it is a folder$/],
        [join(folder, "zero.json"), /: it is no file$/],
        ["/dev/zero", /: it is no file$/],
      ];
      for (const [named, message] of cases) {
        const error = await refusal(() => load(named));
        assert.equal(error.exitCode, 2);
        assert.match(error.message, message);
      }
      assert.deepEqual((await load("/dev/null")).config, DEFAULT_CONFIG);
    }),
);

Deno.test("YAML that grows without end is refused at once", async () => {
  const bomb = Array.from(
    { length: 9 },
    (_, at) => `a${at}: &a${at} [${Array(9).fill(at === 0 ? "x" : `*a${at - 1}`).join(", ")}]`,
  ).join("\n");
  await withFile("a.yaml", bomb, async (path) => {
    const error = await refusal(() => load(path));
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /not valid YAML$/);
  });
});

const ON_POSIX = { ignore: Deno.build.os === "windows" };

Deno.test(
  "a file behind a link is read",
  ON_POSIX,
  () =>
    withFile("a.json", '{"aws": {"profile": "x"}}', async (path) => {
      const link = join(path, "..", "link.json");
      await Deno.symlink(path, link);
      assert.equal((await load(link)).config.aws.profile, "x");
    }),
);

Deno.test("a file that may not be read is told (not as root, who may read everything)", {
  ignore: ON_POSIX.ignore || Deno.uid() === 0,
}, () =>
  withFile("a.json", "{}", async (path) => {
    await Deno.chmod(path, 0);
    const error = await refusal(() => load(path));
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /: Permission denied$/);
  }));
