import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { awsFor, FakeService, json, KEYS, withSharedFiles } from "./_support.ts";

const GRANT = {
  SessionId: "user-0123456789abcdef0",
  StreamUrl: "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/user-0?cell-number=AB+c==",
  TokenValue: "token",
};
const REQUEST = {
  target: "i-0123456789abcdef0",
  documentName: "AWS-StartPortForwardingSession",
  parameters: { portNumber: ["80"], localPortNumber: ["8080"] },
};
const never = new AbortController().signal;

Deno.test("startSession() sends the call as the API wants it, signed, and gives the grant", async () => {
  await using service = new FakeService(() => json(GRANT));
  using aws = awsFor(service.url, { variables: { AWS_SESSION_TOKEN: "temporary" } });
  const grant = await aws.sessionService().startSession({ ...REQUEST, reason: "ticket 7" }, never);
  assert.deepEqual(grant, {
    sessionId: GRANT.SessionId,
    streamUrl: GRANT.StreamUrl,
    tokenValue: GRANT.TokenValue,
  });
  const [sent] = service.received;
  assert.ok(sent);
  assert.equal(`${sent.method} ${sent.path}`, "POST /");
  assert.equal(sent.headers.get("x-amz-target"), "AmazonSSM.StartSession");
  assert.equal(sent.headers.get("content-type"), "application/x-amz-json-1.1");
  assert.equal(sent.headers.get("x-amz-security-token"), "temporary");
  assert.match(
    sent.headers.get("authorization") ?? "",
    new RegExp(`Credential=${KEYS.AWS_ACCESS_KEY_ID}/\\d{8}/us-east-1/ssm/aws4_request`),
  );
  assert.deepEqual(JSON.parse(sent.body), {
    Target: REQUEST.target,
    DocumentName: REQUEST.documentName,
    Parameters: REQUEST.parameters,
    Reason: "ticket 7",
  });
});

Deno.test("startSession() without a reason sends none", async () => {
  await using service = new FakeService(() => json(GRANT));
  using aws = awsFor(service.url);
  await aws.sessionService().startSession(REQUEST, never);
  assert.equal("Reason" in JSON.parse(service.received[0]?.body ?? ""), false);
});

Deno.test("the option and the variable for the gateway replace the stream URL's host", async () => {
  await using service = new FakeService(() => json(GRANT));
  const variables = { AWS_ENDPOINT_URL_SSMMESSAGES: "https://vpce.example" };
  using byVariable = awsFor(service.url, { variables });
  const first = await byVariable.sessionService().startSession(REQUEST, never);
  assert.equal(first.streamUrl, "wss://vpce.example/v1/data-channel/user-0?cell-number=AB+c==");
  using byOption = awsFor(service.url, { variables, messagesEndpointUrl: "http://127.0.0.1:9" });
  const second = await byOption.sessionService().startSession(REQUEST, never);
  assert.equal(second.streamUrl, "ws://127.0.0.1:9/v1/data-channel/user-0?cell-number=AB+c==");
});

Deno.test("resumeSession() gives a new grant, and undefined for a session that has ended", async () => {
  await using service = new FakeService((_request, count) =>
    count === 1 ? json(GRANT) : json(
      { __type: "com.amazonaws.ssm#DoesNotExistException", message: "Session does not exist" },
      { status: 400 },
    )
  );
  using aws = awsFor(service.url);
  const sessions = aws.sessionService();
  const grant = await sessions.resumeSession(GRANT.SessionId, never);
  assert.equal(grant?.tokenValue, "token");
  assert.equal(await sessions.resumeSession(GRANT.SessionId, never), undefined);
  assert.deepEqual(JSON.parse(service.received[1]?.body ?? ""), { SessionId: GRANT.SessionId });
});

Deno.test("resumeSession() takes an answer without a token for the session's end", async () => {
  for (const TokenValue of [undefined, null, ""]) {
    await using service = new FakeService(() => json({ ...GRANT, TokenValue }));
    using aws = awsFor(service.url);
    assert.equal(await aws.sessionService().resumeSession(GRANT.SessionId, never), undefined);
  }
});

Deno.test("resumeSession() keeps the last address when the answer has none", async () => {
  await using service = new FakeService((_request, count) =>
    json(count === 1 ? GRANT : { ...GRANT, StreamUrl: undefined, TokenValue: "next" })
  );
  using aws = awsFor(service.url);
  const sessions = aws.sessionService();
  await sessions.startSession(REQUEST, never);
  assert.deepEqual(await sessions.resumeSession(GRANT.SessionId, never), {
    sessionId: GRANT.SessionId,
    streamUrl: GRANT.StreamUrl,
    tokenValue: "next",
  });
});

Deno.test("terminateSession() ends a session, also one that is already gone", async () => {
  await using service = new FakeService((_request, count) =>
    count === 1
      ? json({ SessionId: GRANT.SessionId })
      : json({ __type: "DoesNotExistException", message: "gone" }, { status: 400 })
  );
  using aws = awsFor(service.url);
  const sessions = aws.sessionService();
  await sessions.terminateSession(GRANT.SessionId, never);
  await sessions.terminateSession(GRANT.SessionId, never);
  assert.deepEqual(
    service.received.map(({ headers }) => headers.get("x-amz-target")),
    ["AmazonSSM.TerminateSession", "AmazonSSM.TerminateSession"],
  );
});

Deno.test("an answer without a member it must have is an error of protocol", async () => {
  const broken = [
    [{ ...GRANT, SessionId: undefined }, /no SessionId/],
    [{ ...GRANT, StreamUrl: "" }, /no StreamUrl/],
    [{ ...GRANT, TokenValue: undefined }, /no TokenValue/],
    [{ ...GRANT, StreamUrl: "https://example.com/x" }, /no WebSocket address/],
    [{ ...GRANT, StreamUrl: "wss://" }, /no WebSocket address/],
    [{}, /no SessionId/],
  ] as const;
  for (const [answer, what] of broken) {
    await using service = new FakeService(() => json(answer));
    using aws = awsFor(service.url);
    await assert.rejects(aws.sessionService().startSession(REQUEST, never), {
      kind: "protocol",
      message: what,
    });
  }
});

Deno.test("an abort rejects with the signal's reason, while the endpoint hangs", async () => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using service = new FakeService(async () => {
    arrived.resolve();
    await release.promise;
    return json(GRANT);
  });
  using aws = awsFor(service.url);
  const abort = new AbortController();
  const started = aws.sessionService().startSession(REQUEST, abort.signal);
  await arrived.promise;
  const reason = new AppError("network", "deadline of the session");
  abort.abort(reason);
  await assert.rejects(started, (error) => error === reason);
  release.resolve();
});

Deno.test("a signal aborted beforehand sends nothing", async () => {
  await using service = new FakeService(() => json(GRANT));
  using aws = awsFor(service.url);
  const reason = new Error("cancelled");
  await assert.rejects(
    aws.sessionService().startSession(REQUEST, AbortSignal.abort(reason)),
    (error) => error === reason,
  );
  assert.equal(service.received.length, 0);
});

Deno.test("a timeout of the caller's signal is an error of the network", async () => {
  await using service = new FakeService(() => json(GRANT));
  using aws = awsFor(service.url);
  const timeout = new DOMException("Signal timed out.", "TimeoutError");
  await assert.rejects(
    aws.sessionService().startSession(REQUEST, AbortSignal.abort(timeout)),
    { kind: "network", message: /no answer in time/ },
  );
});

Deno.test("an endpoint that hangs ends at the deadline, without a second try", async () => {
  const release = Promise.withResolvers<void>();
  await using service = new FakeService(async () => {
    await release.promise;
    return json(GRANT);
  });
  using aws = awsFor(service.url, { connectionTimeoutMs: 50 });
  await assert.rejects(aws.sessionService().startSession(REQUEST, never), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, "network");
    assert.equal(
      error.message,
      `Cannot start a session on ${REQUEST.target}: ${service.url}: no answer within 0.05 s`,
    );
    assert.match(error.hint ?? "", /aws\.connection_timeout/);
    return true;
  });
  assert.equal(service.received.length, 1);
  release.resolve();
});

Deno.test("credentials that expired are read again, once", async () => {
  const profile = (token: string) =>
    `[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\naws_session_token = ${token}\n`;
  await withSharedFiles({ config: "", credentials: profile("old") }, async (paths) => {
    await using service = new FakeService(async ({ headers }) => {
      if (headers.get("x-amz-security-token") === "new") return json(GRANT);
      // What a login in another terminal does meanwhile.
      await Deno.writeTextFile(paths.AWS_SHARED_CREDENTIALS_FILE, profile("new"));
      return json({ __type: "ExpiredTokenException", message: "expired" }, { status: 400 });
    });
    using aws = awsFor(service.url, {
      variables: { ...paths, AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    });
    const grant = await aws.sessionService().startSession(REQUEST, never);
    assert.equal(grant.tokenValue, "token");
    assert.equal(service.received.length, 2);
  });
});

Deno.test("credentials that stay expired are said to be, without a third call", async () => {
  await using service = new FakeService(() =>
    json({ __type: "ExpiredTokenException", message: "The token has expired" }, { status: 400 })
  );
  using aws = awsFor(service.url);
  await assert.rejects(aws.sessionService().startSession(REQUEST, never), {
    kind: "auth",
    message: `Cannot start a session on ${REQUEST.target}: the credentials have expired`,
  });
  assert.equal(service.received.length, 1);
});

Deno.test("the log tells of calls and holds no secret", async () => {
  const lines: string[] = [];
  await using service = new FakeService(() => json(GRANT));
  using aws = awsFor(service.url, {
    log: (line) => lines.push(line),
    variables: { AWS_SESSION_TOKEN: "temporary" },
  });
  await aws.sessionService().startSession(REQUEST, never);
  await aws.signUpgrade(GRANT.StreamUrl);
  assert.match(lines.join("\n"), /ssm:StartSession: HTTP 200/);
  for (const secret of [KEYS.AWS_SECRET_ACCESS_KEY, "temporary", GRANT.TokenValue + '"']) {
    assert.equal(lines.join("\n").includes(secret), false);
  }
});
