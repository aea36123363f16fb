import assert from "node:assert/strict";
import {
  answerHandshake,
  encodeHandshakeResponse,
  type HandshakeRequest,
  parseHandshakeComplete,
  parseHandshakeRequest,
  ProtocolError,
  type ProtocolErrorCode,
} from "../../../src/protocol/mod.ts";
import { utf8 } from "../../support/hex.ts";
import { ENVELOPE_VECTORS } from "../../testdata/envelope_vectors.ts";

/** What a client answers to a request, as text. */
function answerTo(request: string): string {
  const { processed } = answerHandshake(parseHandshakeRequest(utf8(request)));
  return new TextDecoder().decode(encodeHandshakeResponse("1.2.677.0", processed));
}

function requestOf(...actions: string[]): string {
  return `{"AgentVersion":"3.3.987.0","RequestedClientActions":[${actions.join(",")}]}`;
}

const KMS_ACTION =
  '{"ActionType":"KMSEncryption","ActionParameters":{"KMSKeyId":"key","Challenge":"YQ=="}}';

Deno.test("parseHandshakeRequest() reads the reference's request: vector C", () => {
  const wanted: HandshakeRequest = {
    agentVersion: "3.3.0.0",
    actions: [{
      actionType: "SessionType",
      parameters: {
        SessionType: "Port",
        Properties: { portNumber: "80", localPortNumber: "8080", type: "LocalPortForwarding" },
      },
    }],
  };
  assert.deepEqual(parseHandshakeRequest(ENVELOPE_VECTORS[2]!.message.payload), wanted);
});

Deno.test("parseHandshakeRequest() takes what Go leaves out or writes as null", () => {
  const cases: [string, HandshakeRequest][] = [
    ["{}", { agentVersion: "", actions: [] }],
    ['{"RequestedClientActions":null}', { agentVersion: "", actions: [] }],
    [requestOf("{}"), {
      agentVersion: "3.3.987.0",
      actions: [{ actionType: "", parameters: {} }],
    }],
    [requestOf('{"ActionType":"X","ActionParameters":null}'), {
      agentVersion: "3.3.987.0",
      actions: [{ actionType: "X", parameters: {} }],
    }],
  ];
  for (const [json, wanted] of cases) {
    assert.deepEqual(parseHandshakeRequest(utf8(json)), wanted, json);
  }
});

Deno.test("parseHandshakeRequest() refuses garbage and too much", () => {
  const cases: [string, ProtocolErrorCode][] = [
    ["", "payload_malformed"],
    ["garbage", "payload_malformed"],
    ["null", "payload_malformed"],
    ["[]", "payload_malformed"],
    ['"text"', "payload_malformed"],
    ['{"RequestedClientActions":{}}', "payload_malformed"],
    ['{"RequestedClientActions":"SessionType"}', "payload_malformed"],
    [requestOf("null"), "payload_malformed"],
    [requestOf('"SessionType"'), "payload_malformed"],
    [requestOf(...Array<string>(17).fill("{}")), "limit_exceeded"],
  ];
  for (const [json, code] of cases) {
    assert.throws(() => parseHandshakeRequest(utf8(json)), (error) => {
      assert.ok(error instanceof ProtocolError, json);
      assert.equal(error.code, code, json);
      return true;
    });
  }
});

Deno.test("answerHandshake() accepts the four session types", () => {
  for (const type of ["Standard_Stream", "InteractiveCommands", "NonInteractiveCommands", "Port"]) {
    const request = requestOf(
      `{"ActionType":"SessionType","ActionParameters":{"SessionType":"${type}","Properties":null}}`,
    );
    const answer = answerHandshake(parseHandshakeRequest(utf8(request)));
    assert.equal(answer.sessionType, type);
    assert.deepEqual(
      answer.port,
      type === "Port" ? { type: "", portNumber: "", host: "" } : undefined,
    );
    assert.equal(
      answerTo(request),
      '{"ClientVersion":"1.2.677.0","ProcessedClientActions":[' +
        '{"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""}' +
        '],"Errors":null}',
    );
  }
});

Deno.test("answerHandshake() gives the properties of a port session, which are strings", () => {
  const withProperties = (properties: string) =>
    answerHandshake(parseHandshakeRequest(utf8(requestOf(
      `{"ActionType":"SessionType","ActionParameters":{"SessionType":"Port","Properties":${properties}}}`,
    )))).port;
  assert.deepEqual(
    withProperties('{"type":"LocalPortForwarding","portNumber":"443","host":"db.internal"}'),
    { type: "LocalPortForwarding", portNumber: "443", host: "db.internal" },
  );
  // AWS-StartSSHSession delivers the port alone.
  assert.deepEqual(withProperties('{"portNumber":"22"}'), {
    type: "",
    portNumber: "22",
    host: "",
  });
  assert.deepEqual(withProperties('["portNumber"]'), { type: "", portNumber: "", host: "" });
});

Deno.test("answerHandshake() fails an unknown session type, with the bare text in Errors", () => {
  assert.equal(
    answerTo(requestOf('{"ActionType":"SessionType","ActionParameters":{"SessionType":"Serial"}}')),
    '{"ClientVersion":"1.2.677.0","ProcessedClientActions":[' +
      '{"ActionType":"SessionType","ActionStatus":2,"ActionResult":null,' +
      '"Error":"Failed to process action SessionType: Unknown session type Serial"}' +
      '],"Errors":["Unknown session type Serial"]}',
  );
});

Deno.test("answerHandshake() answers an action that it does not know with status 3, in its place", () => {
  const sessionType =
    '{"ActionType":"SessionType","ActionParameters":{"SessionType":"Port","Properties":{}}}';
  assert.equal(
    answerTo(requestOf('{"ActionType":"Dance","ActionParameters":null}', sessionType, KMS_ACTION)),
    '{"ClientVersion":"1.2.677.0","ProcessedClientActions":[' +
      '{"ActionType":"Dance","ActionStatus":3,"ActionResult":null,"Error":"Unsupported action Dance"},' +
      '{"ActionType":"SessionType","ActionStatus":1,"ActionResult":null,"Error":""},' +
      '{"ActionType":"KMSEncryption","ActionStatus":3,"ActionResult":null,' +
      '"Error":"Unsupported action KMSEncryption"}' +
      '],"Errors":["Unsupported action Dance","Unsupported action KMSEncryption"]}',
  );
});

Deno.test("answerHandshake() answers nothing when nothing is asked", () => {
  assert.equal(
    answerTo("{}"),
    '{"ClientVersion":"1.2.677.0","ProcessedClientActions":[],"Errors":null}',
  );
});

Deno.test("encodeHandshakeResponse() writes an action's result", () => {
  const payload = encodeHandshakeResponse("1.2.677.0", [{
    actionType: "KMSEncryption",
    actionStatus: 1,
    actionResult: { KMSCipherTextKey: "YQ==", KMSCipherTextHash: null },
  }]);
  assert.equal(
    new TextDecoder().decode(payload),
    '{"ClientVersion":"1.2.677.0","ProcessedClientActions":[' +
      '{"ActionType":"KMSEncryption","ActionStatus":1,' +
      '"ActionResult":{"KMSCipherTextKey":"YQ==","KMSCipherTextHash":null},"Error":""}' +
      '],"Errors":null}',
  );
});

Deno.test("parseHandshakeComplete() reads nanoseconds and the text for the person", () => {
  const cases: [string, { timeToCompleteMs: number; customerMessage: string }][] = [
    ['{"HandshakeTimeToComplete":1534567890,"CustomerMessage":"This session is encrypted"}', {
      timeToCompleteMs: 1534.56789,
      customerMessage: "This session is encrypted",
    }],
    ['{"HandshakeTimeToComplete":0,"CustomerMessage":""}', {
      timeToCompleteMs: 0,
      customerMessage: "",
    }],
    ["{}", { timeToCompleteMs: 0, customerMessage: "" }],
    ['{"HandshakeTimeToComplete":"soon","CustomerMessage":null}', {
      timeToCompleteMs: 0,
      customerMessage: "",
    }],
  ];
  for (const [json, wanted] of cases) {
    assert.deepEqual(parseHandshakeComplete(utf8(json)), wanted, json);
  }
  for (const json of ["", "done", "null", "[]"]) {
    assert.throws(() => parseHandshakeComplete(utf8(json)), ProtocolError, json);
  }
});
