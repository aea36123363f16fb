import assert from "node:assert/strict";
import {
  type ForwardSpec,
  isLoopback,
  readForward,
  requireDistinctPorts,
} from "../../../src/cli/forward_spec.ts";
import { refusal } from "../../support/fake_io.ts";

Deno.test("readForward() reads every form of [BIND:]LOCAL:[HOST:]REMOTE", () => {
  const cases: [string, ForwardSpec][] = [
    ["8080:80", { localPort: 8080, remotePort: 80 }],
    ["0:80", { localPort: 0, remotePort: 80 }],
    ["5432:db.internal:5432", { localPort: 5432, remoteHost: "db.internal", remotePort: 5432 }],
    ["5432:10.0.0.5:5432", { localPort: 5432, remoteHost: "10.0.0.5", remotePort: 5432 }],
    ["5432:[fd00::1]:5432", { localPort: 5432, remoteHost: "fd00::1", remotePort: 5432 }],
    ["127.0.0.2:8080:80", { bind: "127.0.0.2", localPort: 8080, remotePort: 80 }],
    ["localhost:8080:80", { bind: "127.0.0.1", localPort: 8080, remotePort: 80 }],
    ["*:8080:80", { bind: "0.0.0.0", localPort: 8080, remotePort: 80 }],
    ["[::1]:8080:80", { bind: "::1", localPort: 8080, remotePort: 80 }],
    [
      "[::1]:8080:[fd00::2]:80",
      { bind: "::1", localPort: 8080, remoteHost: "fd00::2", remotePort: 80 },
    ],
    [
      "0.0.0.0:8080:web:80",
      { bind: "0.0.0.0", localPort: 8080, remoteHost: "web", remotePort: 80 },
    ],
  ];
  for (const [text, wanted] of cases) assert.deepEqual(readForward(text), wanted, text);
});

Deno.test("readForward() refuses the rest, naming the part that is wrong", async () => {
  const cases: [string, string][] = [
    ["", 'Cannot read -L: found ""'],
    ["8080", 'Cannot read -L: found "8080"'],
    ["8080:", 'Cannot read -L: found "8080:"'],
    [":80", 'Cannot read -L: found ":80"'],
    [":8080:db:80", 'Cannot read -L: found ":8080:db:80"'],
    ["a:b:c:d:e", 'Cannot read -L: found "a:b:c:d:e"'],
    ["::1:8080:80", 'Cannot read -L: found "::1:8080:80"'],
    ["[::1:8080:80", 'Cannot read -L: found "[::1:8080:80"'],
    ["80:80:80:80", 'Cannot read BIND of -L 80:80:80:80: found "80"'],
    ["80:80:80", 'Cannot read HOST of -L 80:80:80: found "80"'],
    ["65536:80", 'Cannot read LOCAL of -L 65536:80: found "65536"'],
    ["8080:0", 'Cannot read REMOTE of -L 8080:0: found "0"'],
    ["8080:65536", 'Cannot read REMOTE of -L 8080:65536: found "65536"'],
    ["abc:80", 'Cannot read LOCAL of -L abc:80: found "abc"'],
    ["8080:http", 'Cannot read REMOTE of -L 8080:http: found "http"'],
    ["host:8080:80", 'Cannot read BIND of -L host:8080:80: found "host"'],
  ];
  for (const [text, message] of cases) {
    const error = await refusal(() => readForward(text));
    assert.equal(error.message, message);
    assert.equal(error.kind, "usage");
  }
});

Deno.test("requireDistinctPorts() refuses a port twice, unless on different addresses or free", async () => {
  const forward = (bind: string, localPort: number) => ({ bind, localPort, remotePort: 1 });
  const collisions = [
    [forward("127.0.0.1", 80), forward("127.0.0.1", 80)],
    [forward("127.0.0.1", 80), forward("127.0.0.1", 81), forward("0.0.0.0", 80)],
    [forward("::", 80), forward("127.0.0.1", 80)],
  ];
  for (const forwards of collisions) {
    const error = await refusal(() => requireDistinctPorts(forwards));
    assert.match(error.message, /:80: two forwards want it$/);
    assert.equal(error.exitCode, 2);
  }
  requireDistinctPorts([forward("127.0.0.1", 80), forward("127.0.0.2", 80)]);
  requireDistinctPorts([forward("127.0.0.1", 0), forward("127.0.0.1", 0)]);
});

Deno.test("isLoopback() knows both families", () => {
  const yes = ["127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1", "0000::0001"];
  const no = ["0.0.0.0", "::", "10.0.0.1", "fe80::1", "128.0.0.1", "1::1"];
  for (const bind of yes) assert.equal(isLoopback(bind), true, bind);
  for (const bind of no) assert.equal(isLoopback(bind), false, bind);
});
