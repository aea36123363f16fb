import assert from "node:assert/strict";
import { resolveRegion } from "../../../src/aws/region.ts";
import { envOf, withSharedFiles } from "./_support.ts";

const CONFIG = `
[default]
region = eu-north-1
[profile work]
region = eu-west-1
[profile bare]
output = json
[sso-session corp]
sso_region = us-east-1
`;
const CREDENTIALS = `
[both]
region = us-west-2
aws_access_key_id = AKIAEXAMPLE
[work]
aws_access_key_id = AKIAEXAMPLE
`;

Deno.test("region: option, AWS_REGION, AWS_DEFAULT_REGION, profile, in this order", async () => {
  await withSharedFiles({ config: CONFIG, credentials: CREDENTIALS }, async (paths) => {
    const all = { ...paths, AWS_REGION: "ap-south-1", AWS_DEFAULT_REGION: "sa-east-1" };
    const of = (choice: { profile?: string; region?: string }, env: Record<string, string>) =>
      resolveRegion({ profile: choice.profile, region: choice.region }, envOf(env));
    assert.equal(await of({ profile: "work", region: "us-gov-west-1" }, all), "us-gov-west-1");
    assert.equal(await of({ profile: "work" }, all), "ap-south-1");
    assert.equal(await of({}, { ...paths, AWS_DEFAULT_REGION: "sa-east-1" }), "sa-east-1");
    assert.equal(await of({ profile: "work" }, paths), "eu-west-1");
    assert.equal(await of({ profile: "both" }, paths), "us-west-2");
    assert.equal(await of({}, paths), "eu-north-1");
  });
});

Deno.test("no region anywhere is an error of configuration with a way out", async () => {
  await withSharedFiles({ config: CONFIG, credentials: "" }, async (paths) => {
    await assert.rejects(resolveRegion({ profile: "bare", region: undefined }, envOf(paths)), {
      kind: "config",
      message: "Cannot choose a region: none is set",
      why: /profile "bare" names none/,
      hint: /--region/,
    });
  });
});

Deno.test("no shared files at all is no region either", async () => {
  const env = envOf({
    AWS_CONFIG_FILE: "/nonexistent/a",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/b",
  });
  await assert.rejects(resolveRegion({ profile: undefined, region: undefined }, env), {
    kind: "config",
    message: "Cannot choose a region: none is set",
  });
});

Deno.test("an unknown profile is named, with the known ones", async () => {
  await withSharedFiles({ config: CONFIG, credentials: CREDENTIALS }, async (paths) => {
    await assert.rejects(resolveRegion({ profile: "wrok", region: undefined }, envOf(paths)), {
      kind: "config",
      message: 'Cannot use profile "wrok": no such profile',
      hint: "Known profiles: bare, both, default, work",
    });
  });
});

Deno.test("a region that cannot be part of a host name is refused", async () => {
  for (const region of ["us east 1", "us-east-1.evil.example", "US-EAST-1", "-x", "a/b"]) {
    await assert.rejects(resolveRegion({ profile: undefined, region }, envOf({})), {
      kind: "config",
      message: `Cannot use region "${region}": it is no region name`,
    });
  }
});
