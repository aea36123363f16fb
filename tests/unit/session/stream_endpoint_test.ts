import assert from "node:assert/strict";
import { streamEndpoint } from "../../../src/session/stream_endpoint.ts";

Deno.test("streamEndpoint() names host and port, with those of the scheme by default", () => {
  const cases: [string, string, number, boolean][] = [
    [
      "wss://ssmmessages.us-east-1.amazonaws.com/v1/x?a=b+c",
      "ssmmessages.us-east-1.amazonaws.com",
      443,
      true,
    ],
    ["ws://127.0.0.1:8080/x", "127.0.0.1", 8080, false],
    ["ws://host/", "host", 80, false],
    ["wss://[::1]:9/", "::1", 9, true],
  ];
  for (const [url, hostname, port, isTls] of cases) {
    assert.deepEqual(streamEndpoint(url), { hostname, port, isTls });
  }
});
