import assert from "node:assert/strict";
import { awsFor, FakeService, json, type Received, xml } from "./_support.ts";

const OWNER = "arn:aws:sts::123456789012:assumed-role/dev/me";

function identity(arn: string): Response {
  return xml(
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">` +
      `<GetCallerIdentityResult>${arn}<UserId>U</UserId><Account>123456789012</Account>` +
      `</GetCallerIdentityResult></GetCallerIdentityResponse>`,
  );
}

/** STS that knows the caller, and an SSM that gives these pages by their token. */
function service(pages: Record<string, unknown>): FakeService {
  return new FakeService((request) =>
    request.headers.has("x-amz-target")
      ? json(pages[JSON.parse(request.body).NextToken ?? ""])
      : identity(`<Arn>${OWNER}</Arn>`)
  );
}

const ssmBodies = (received: Received[]) =>
  received.filter(({ headers }) => headers.has("x-amz-target")).map(({ body }) => JSON.parse(body));

Deno.test("activeSessions() asks for the caller's own, over all pages", async () => {
  await using aws = service({
    "": {
      Sessions: [{
        SessionId: "me-0001",
        Target: "i-0123456789abcdef0",
        StartDate: 1_700_000_000,
        DocumentName: "AWS-StartPortForwardingSession",
      }],
      NextToken: "more",
    },
    more: { Sessions: [{ SessionId: "me-0002" }, { Target: "nobody can name it" }] },
  });
  using client = awsFor(aws.url);
  assert.deepEqual(await client.activeSessions(new AbortController().signal), [
    {
      sessionId: "me-0001",
      target: "i-0123456789abcdef0",
      startedAtMs: 1_700_000_000_000,
      documentName: "AWS-StartPortForwardingSession",
    },
    { sessionId: "me-0002", target: "", startedAtMs: 0, documentName: "" },
  ]);
  const query = { State: "Active", Filters: [{ key: "Owner", value: OWNER }] };
  assert.deepEqual(ssmBodies(aws.received), [query, { ...query, NextToken: "more" }]);
});

Deno.test("activeSessions(): answers that are not AWS's are errors of protocol", async () => {
  await using noList = service({ "": {} });
  using first = awsFor(noList.url);
  const { signal } = new AbortController();
  await assert.rejects(first.activeSessions(signal), {
    kind: "protocol",
    message: "Cannot look up sessions: the answer is not SSM's",
  });
  await using nobody = new FakeService(() => identity(""));
  using second = awsFor(nobody.url);
  await assert.rejects(second.activeSessions(signal), {
    kind: "protocol",
    message: /^Cannot look up whose the credentials are/,
  });
});
