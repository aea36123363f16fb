import assert from "node:assert/strict";
import { AppError, type ErrorKind } from "../../../src/errors/mod.ts";
import { formatAddress, listenTcp, nextFreePort } from "../../../src/platform/mod.ts";

async function refusal(
  address: { bind: string; port: number },
  findOwner?: () => Promise<{ pid: number | undefined; command: string | undefined } | undefined>,
): Promise<AppError> {
  try {
    (await listenTcp(address, findOwner && { findOwner })).close();
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  throw new Error("the port could be opened");
}

Deno.test("listenTcp() opens a free port on the address asked for", async () => {
  using listener = await listenTcp({ bind: "127.0.0.1", port: 0 });
  assert.equal(listener.addr.hostname, "127.0.0.1");
  assert.ok(listener.addr.port > 0);
});

Deno.test("listenTcp() names who holds a taken port and the next free one", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { bind: "127.0.0.1", port: taken.addr.port };
  const cases: [
    Awaited<ReturnType<NonNullable<Parameters<typeof refusal>[1]>>>,
    string | undefined,
  ][] = [
    [{ pid: 77, command: "nginx" }, "nginx (pid 77) holds it"],
    [{ pid: 77, command: undefined }, "A process (pid 77) holds it"],
    [{ pid: undefined, command: undefined }, "A process of another user holds it"],
    [undefined, undefined],
  ];
  for (const [owner, why] of cases) {
    const error = await refusal(address, () => Promise.resolve(owner));
    assert.equal(error.kind, "resource");
    assert.equal(error.message, `Cannot listen on 127.0.0.1:${address.port}: the port is in use`);
    assert.equal(error.why, why);
    const free = Number(/^Use port (\d+), which is free/.exec(error.hint ?? "")?.[1]);
    assert.ok(free > address.port && free <= address.port + 50, error.hint);
  }
});

Deno.test("listenTcp() says what is wrong with an address that is not here", async () => {
  const cases: [string, ErrorKind, RegExp][] = [
    [
      "192.0.2.1",
      "usage",
      /^Cannot listen on 192\.0\.2\.1:0: the address is not one of this machine's$/,
    ],
    ["2001:db8::1", "usage", /^Cannot listen on \[2001:db8::1\]:0: the address is not one of/],
  ];
  for (const [bind, kind, message] of cases) {
    const error = await refusal({ bind, port: 0 });
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
  }
});

Deno.test("nextFreePort() stops at the last port", () => {
  assert.equal(nextFreePort({ bind: "127.0.0.1", port: 65_535 }), undefined);
});

Deno.test("formatAddress() puts brackets around IPv6", () => {
  assert.equal(formatAddress({ bind: "127.0.0.1", port: 80 }), "127.0.0.1:80");
  assert.equal(formatAddress({ bind: "::1", port: 80 }), "[::1]:80");
});
