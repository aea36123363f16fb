import assert from "node:assert/strict";
import { withMessagesEndpoint } from "../../../src/aws/mod.ts";
import { resolveEndpoint } from "../../../src/aws/endpoints.ts";
import { envOf, withSharedFiles } from "./_support.ts";

const CONFIG = `
[profile plain]
region = eu-west-1
[profile local]
endpoint_url = http://127.0.0.1:4566
services = parts
[profile shut]
endpoint_url = http://127.0.0.1:4566
ignore_configured_endpoint_urls = true
[services parts]
ssm =
  endpoint_url = http://127.0.0.1:4567
`;

Deno.test("endpoint: option, service's variable, general variable, profile", async () => {
  await withSharedFiles({ config: CONFIG, credentials: "" }, async (paths) => {
    const of = (service: string, more: Record<string, string>, option?: string, profile?: string) =>
      resolveEndpoint(service, { option, profile, env: envOf({ ...paths, ...more }) });
    const both = {
      AWS_ENDPOINT_URL_SSM: "http://ssm.example:1",
      AWS_ENDPOINT_URL: "http://all.example:2",
    };
    assert.equal(await of("SSM", both, "http://option.example"), "http://option.example");
    assert.equal(await of("SSM", both, undefined, "local"), "http://ssm.example:1");
    assert.equal(await of("EC2", both, undefined, "local"), "http://all.example:2");
    assert.equal(await of("SSM", {}, undefined, "local"), "http://127.0.0.1:4567");
    assert.equal(await of("STS", {}, undefined, "local"), "http://127.0.0.1:4566");
    assert.equal(await of("STS", {}, undefined, "plain"), undefined);
    assert.equal(await of("STS", {}), undefined);
  });
});

Deno.test("configured endpoints can be ignored, the option cannot", async () => {
  await withSharedFiles({ config: CONFIG, credentials: "" }, async (paths) => {
    const env = envOf({
      ...paths,
      AWS_ENDPOINT_URL: "http://all.example:2",
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
    });
    const context = { option: undefined, profile: "local", env };
    assert.equal(await resolveEndpoint("SSM", context), undefined);
    const option = "https://ssm.example";
    assert.equal(await resolveEndpoint("SSM", { ...context, option }), option);
    const shut = { option: undefined, profile: "shut", env: envOf(paths) };
    assert.equal(await resolveEndpoint("SSM", shut), undefined);
  });
});

Deno.test("an endpoint that is no http URL is refused by name", async () => {
  for (const url of ["localhost:8080", "ftp://x", "not a url", "//host"]) {
    const env = envOf({ AWS_ENDPOINT_URL_EC2: url });
    await assert.rejects(resolveEndpoint("EC2", { option: undefined, profile: undefined, env }), {
      kind: "config",
      message: `Cannot use the endpoint "${url}" (AWS_ENDPOINT_URL_EC2): not an http or https URL`,
    });
  }
});

const STREAM_URL =
  "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/a@b-0123?role=publish_subscribe&cell-number=AB+/c%2B==";
const REST = STREAM_URL.slice(STREAM_URL.indexOf("/v1"));

Deno.test("withMessagesEndpoint() changes scheme and host and no other byte", () => {
  const table: readonly (readonly [string | undefined, string])[] = [
    [undefined, STREAM_URL],
    ["", STREAM_URL],
    ["http://127.0.0.1:9000", `ws://127.0.0.1:9000${REST}`],
    ["https://vpce-1.ssmmessages.example/", `wss://vpce-1.ssmmessages.example${REST}`],
    ["ws://[::1]:9000/ignored", `ws://[::1]:9000${REST}`],
    ["wss://gateway", `wss://gateway${REST}`],
  ];
  for (const [value, wanted] of table) {
    const env = envOf(value === undefined ? {} : { AWS_ENDPOINT_URL_SSMMESSAGES: value });
    assert.equal(withMessagesEndpoint(STREAM_URL, env), wanted);
  }
});

Deno.test("withMessagesEndpoint() refuses another scheme", () => {
  assert.throws(
    () => withMessagesEndpoint(STREAM_URL, envOf({ AWS_ENDPOINT_URL_SSMMESSAGES: "ftp://x" })),
    { kind: "config", message: /AWS_ENDPOINT_URL_SSMMESSAGES/ },
  );
});
