import assert from "node:assert/strict";
import { awsFor, FakeService, json } from "./_support.ts";

const { signal } = new AbortController();

Deno.test("agentPings() gives page after page, by the largest pages there are", async () => {
  const pages: Record<string, unknown> = {
    "": {
      InstanceInformationList: [
        { InstanceId: "i-1", PingStatus: "Online" },
        { InstanceId: "i-2", PingStatus: "ConnectionLost" },
      ],
      NextToken: "more",
    },
    more: {
      InstanceInformationList: [
        { InstanceId: "mi-3", PingStatus: "Inactive" },
        { InstanceId: "i-4", PingStatus: "SomethingNew" },
        { InstanceId: "i-5" },
        { PingStatus: "Online" },
      ],
    },
  };
  await using service = new FakeService(({ body }) =>
    json(pages[JSON.parse(body).NextToken ?? ""])
  );
  using aws = awsFor(service.url);
  assert.deepEqual(await Array.fromAsync(aws.agentPings(signal)), [
    [{ instanceId: "i-1", ping: "online" }, { instanceId: "i-2", ping: "connection-lost" }],
    [
      { instanceId: "mi-3", ping: "inactive" },
      { instanceId: "i-4", ping: "unknown" },
      { instanceId: "i-5", ping: "unknown" },
    ],
  ]);
  assert.deepEqual(service.received.map(({ body }) => JSON.parse(body)), [
    { MaxResults: 50 },
    { MaxResults: 50, NextToken: "more" },
  ]);
});

Deno.test("agentPings() fails as AWS does, and when the answer is not its own", async () => {
  const answers = [
    () => json({ __type: "AccessDeniedException", message: "no" }, { status: 400 }),
    () => json({}),
  ];
  for (const [answer, kind] of [[answers[0]!, "auth"], [answers[1]!, "protocol"]] as const) {
    await using service = new FakeService(answer);
    using aws = awsFor(service.url);
    await assert.rejects(Array.fromAsync(aws.agentPings(signal)), { kind });
  }
});
