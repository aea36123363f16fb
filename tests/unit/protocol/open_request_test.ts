import assert from "node:assert/strict";
import { encodeOpenRequest } from "../../../src/protocol/mod.ts";

Deno.test("encodeOpenRequest() writes exactly the reference's keys, in its order", () => {
  assert.equal(
    encodeOpenRequest({
      requestId: "0f0e0d0c-0b0a-4908-8706-050403020100",
      tokenValue: 'AAEAAd/+"=',
      clientId: "11112222-3333-4444-8555-666677778888",
      clientVersion: "1.2.677.0",
    }),
    '{"MessageSchemaVersion":"1.0","RequestId":"0f0e0d0c-0b0a-4908-8706-050403020100",' +
      '"TokenValue":"AAEAAd/+\\"=","ClientId":"11112222-3333-4444-8555-666677778888",' +
      '"ClientVersion":"1.2.677.0"}',
  );
});
