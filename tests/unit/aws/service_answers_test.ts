/** The translation of errors, fed by answers that went through the SDK's real clients. */

import assert from "node:assert/strict";
import { AppError, type ErrorKind } from "../../../src/errors/mod.ts";
import type { Aws } from "../../../src/aws/mod.ts";
import { awsFor, ec2Error, FakeService, json, type Received } from "./_support.ts";

const TARGET = "i-0123456789abcdef0";
const GRANT = { SessionId: "s", StreamUrl: "wss://example/x", TokenValue: "t" };
const never = new AbortController().signal;

const start = (aws: Aws) =>
  aws.sessionService().startSession(
    { target: TARGET, documentName: "AWS-StartPortForwardingSession", parameters: {} },
    never,
  );
const find = (aws: Aws) => aws.findInstances({ by: "name", name: "web" });

async function failureOf(
  call: (aws: Aws) => Promise<unknown>,
  answer: (request: Received, count: number) => Response | Promise<Response>,
): Promise<{ error: AppError; requests: number }> {
  await using service = new FakeService(answer);
  using aws = awsFor(service.url);
  const error = await call(aws).then(() => assert.fail("the call succeeded"), (error) => error);
  assert.ok(error instanceof AppError, String(error));
  return { error, requests: service.received.length };
}

function ssmError(type: string, message: string, status = 400): Response {
  return json({ __type: type, message }, { status });
}

interface Row {
  name: string;
  call: (aws: Aws) => Promise<unknown>;
  answer: () => Response;
  kind: ErrorKind;
  message: RegExp;
  requests?: number;
}

const html = (status: number) => () =>
  new Response("<html><body>Sign in to HotelWiFi</body></html>", {
    status,
    headers: { "content-type": "text/html" },
  });

const ROWS: readonly Row[] = [
  {
    name: "SSM: a code with a namespace",
    call: start,
    answer: () =>
      ssmError("com.amazon.coral.service#TargetNotConnected", `${TARGET} is not connected.`),
    kind: "target",
    message: /i-0123456789abcdef0 is not connected$/,
  },
  {
    name: "SSM: denied",
    call: start,
    answer: () =>
      ssmError(
        "AccessDeniedException",
        "User: arn:aws:iam::1:user/me is not authorized to perform: ssm:StartSession on resource: " +
          "arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSession because no policy allows it",
      ),
    kind: "auth",
    message:
      /not allowed: ssm:StartSession on arn:aws:ssm:us-east-1::document\/AWS-StartPortForwardingSession$/,
  },
  {
    name: "SSM: unknown key",
    call: start,
    answer: () =>
      ssmError(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      ),
    kind: "auth",
    message: /AWS does not know these credentials$/,
  },
  {
    name: "SSM: a web page with status 200 (captive portal)",
    call: start,
    answer: html(200),
    kind: "network",
    message: /a web page answered in place of AWS \(HTTP 200\)$/,
  },
  {
    name: "SSM: a web page with status 403 (filtering proxy)",
    call: start,
    answer: html(403),
    kind: "network",
    message: /a web page answered in place of AWS \(HTTP 403\)$/,
  },
  {
    name: "SSM: a redirect",
    call: start,
    answer: () =>
      new Response(null, { status: 302, headers: { location: "http://login.example/" } }),
    kind: "network",
    message: /the endpoint redirects \(HTTP 302\)$/,
  },
  {
    name: "SSM: the proxy wants credentials",
    call: start,
    answer: () => new Response(null, { status: 407 }),
    kind: "network",
    message: /the proxy wants credentials$/,
  },
  {
    name: "SSM: garbage with status 200",
    call: start,
    answer: () => new Response("\u0000\u0001 not json"),
    kind: "protocol",
    message: /the answer is not AWS's/,
  },
  {
    name: "SSM: nothing with status 200",
    call: start,
    answer: () => new Response(null, { status: 200 }),
    kind: "protocol",
    message: /it has no SessionId$/,
  },
  {
    name: "SSM: garbage with status 400",
    call: start,
    answer: () => new Response("what?", { status: 400 }),
    kind: "protocol",
    message: /the answer is not AWS's \(HTTP 400\)$/,
  },
  {
    name: "SSM: not found, as of another server",
    call: start,
    answer: () => new Response("404 page not found", { status: 404 }),
    kind: "protocol",
    message: /the answer is not AWS's \(HTTP 404\)$/,
  },
  {
    name: "SSM: its own fault, three times",
    call: start,
    answer: () => ssmError("InternalServerError", "An error occurred", 500),
    kind: "network",
    message: /AWS failed \(HTTP 500\)$/,
    requests: 3,
  },
  {
    name: "EC2: denied",
    call: find,
    answer: () =>
      ec2Error(
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. User: arn:aws:iam::1:user/me is not " +
          "authorized to perform: ec2:DescribeInstances with an explicit deny. " +
          `Encoded authorization failure message: ${"aB3x".repeat(200)}`,
        403,
      ),
    kind: "auth",
    message: /^Cannot look up instances: not allowed: ec2:DescribeInstances$/,
  },
  {
    name: "EC2: AuthFailure",
    call: find,
    answer: () =>
      ec2Error("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    kind: "auth",
    message: /AWS could not validate the credentials$/,
  },
  {
    name: "EC2: a web page with status 200",
    call: find,
    answer: html(200),
    kind: "network",
    message: /a web page answered in place of AWS/,
  },
  {
    name: "EC2: another document with status 200",
    call: find,
    answer: () => new Response("<feed><title>News</title></feed>"),
    kind: "protocol",
    message: /the answer is not EC2's$/,
  },
  {
    name: "EC2: garbage with status 200",
    call: find,
    answer: () => new Response("{ this is no xml"),
    kind: "protocol",
    message: /the answer is not AWS's/,
  },
  {
    name: "EC2: a document that ends in the middle",
    call: find,
    answer: () =>
      new Response("<DescribeInstancesResponse><reservationSet>", {
        headers: { "content-type": "text/xml" },
      }),
    kind: "protocol",
    message: /the answer is not AWS's/,
  },
];

for (const { name, call, answer, kind, message, requests = 1 } of ROWS) {
  Deno.test(`answer of ${name}`, async () => {
    const failure = await failureOf(call, answer);
    assert.equal(failure.error.kind, kind, failure.error.message);
    assert.match(failure.error.message, message);
    assert.equal(failure.requests, requests);
  });
}

Deno.test("throttling is tried three times, then named", async () => {
  const { error, requests } = await failureOf(
    start,
    () => ssmError("ThrottlingException", "Rate exceeded"),
  );
  assert.equal(error.kind, "resource");
  assert.equal(error.exitCode, 5);
  assert.match(error.why ?? "", /^Refused 3 times \(ThrottlingException\)/);
  assert.equal(requests, 3);
});

Deno.test("a fault of the service that passes is not noticed", async () => {
  await using service = new FakeService((_request, count) =>
    count === 1 ? ssmError("InternalServerError", "", 500) : json(GRANT)
  );
  using aws = awsFor(service.url);
  assert.equal((await start(aws)).sessionId, "s");
  assert.equal(service.received.length, 2);
});

const SKEW_MS = 47 * 60_000;

Deno.test("a wrong clock is corrected in the signature, and remembered for the upgrade", async () => {
  const theirs = new Date(Date.now() + SKEW_MS);
  const date = { date: theirs.toUTCString() };
  await using service = new FakeService((_request, count) =>
    count === 1
      ? json({ __type: "InvalidSignatureException", message: "Signature expired: x" }, {
        status: 400,
        headers: date,
      })
      : json(GRANT, { headers: date })
  );
  using aws = awsFor(service.url);
  await start(aws);
  const hourOf = (text: string | null | undefined) => (text ?? "").slice(0, 11);
  const wanted = theirs.toISOString().replace(/[-:]/g, "").slice(0, 11);
  assert.equal(hourOf(service.received[1]?.headers.get("x-amz-date")), wanted);
  const headers = await aws.signUpgrade("wss://ssmmessages.us-east-1.amazonaws.com/v1/x");
  assert.equal(hourOf(headers["x-amz-date"]), wanted);
});

Deno.test("a clock that stays wrong is said by how much", async () => {
  const { error } = await failureOf(
    start,
    () =>
      json({ __type: "InvalidSignatureException", message: "Signature expired: x" }, {
        status: 400,
        headers: { date: new Date(Date.now() + SKEW_MS).toUTCString() },
      }),
  );
  assert.equal(error.kind, "auth");
  assert.match(error.message, /this computer's clock is 47 min behind AWS's$/);
});

Deno.test("an endpoint that refuses is named, with the way out", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  using aws = awsFor(url);
  await assert.rejects(start(aws), {
    kind: "network",
    message: `Cannot start a session on ${TARGET}: ${url} refused the connection`,
    hint: `Check that ${url} is right and running`,
  });
});

Deno.test("a region that does not exist shows as a host that does not", async () => {
  using aws = awsFor("", { region: "us-esat-1", variables: { AWS_ENDPOINT_URL: "" } });
  const error = await start(aws).then(() => assert.fail("no such region"), (error) => error);
  assert.ok(error instanceof AppError);
  assert.equal(error.kind, "network");
  // Without any network at all the lookup fails in the same way.
  assert.match(error.message, /no such host: ssm\.us-esat-1\.amazonaws\.com$/);
  assert.match(error.why ?? "", /there is no region "us-esat-1"/);
});
