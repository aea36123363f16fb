/**
 * Credentials that the SDK's lazily loaded providers get, through the whole command: the executable
 * loads other files for them than the source does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { TestSandbox } from "../support/sandbox.ts";
import { fetchPage, POSIX_ONLY, type ReadyEvent, World, writeAwsFiles } from "./_world.ts";
import { FakeService, json } from "../unit/aws/_support.ts";

const ROLE = "arn:aws:iam::123456789012:role/developer";
/** No keys in the environment: they win over no profile, but the profile is what is tested. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };

/** Opens a tunnel with `--profile dev`, uses it and ends it. */
async function tunnelOpens(world: World, env: Record<string, string>): Promise<void> {
  const args = ["web-1", "--profile", "dev", "--remote-port", world.service("http")];
  await using tunnel = world.start(["connect", ...args, "--format", "json"], {
    ...NO_KEYS,
    ...env,
  });
  const { local_port } = await tunnel.event<ReadyEvent>("ready");
  assert.match(await fetchPage(local_port), /ec2-connect sandbox/i);
  assert.equal(await tunnel.interrupt(), 0);
}

Deno.test("a profile that assumes a role opens a tunnel", POSIX_ONLY, async () => {
  await using world = await World.open();
  const { accessKeyId, secretAccessKey } = world.sandbox.credentials;
  await writeAwsFiles(world, {
    config: `[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\nregion = us-east-1\n`,
    credentials: `[base]\naws_access_key_id = ${accessKeyId}\n` +
      `aws_secret_access_key = ${secretAccessKey}\n`,
  });
  await tunnelOpens(world, {});
});

Deno.test("an SSO login whose token must be renewed opens a tunnel", POSIX_ONLY, async () => {
  await using world = await World.open();
  const sts = new TestSandbox(world.sandbox, []);
  const answer = await sts.query("sts", {
    Action: "AssumeRole",
    RoleArn: ROLE,
    RoleSessionName: "sso",
  });
  const field = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer.text)![1]!;
  await using oidc = new FakeService(() =>
    json({ accessToken: "new-token", expiresIn: 3600, refreshToken: "next" })
  );
  await using portal = new FakeService(({ headers }) =>
    headers.get("x-amz-sso_bearer_token") !== "new-token"
      ? new Response("{}", { status: 401 })
      : json({
        roleCredentials: {
          accessKeyId: field("AccessKeyId"),
          secretAccessKey: field("SecretAccessKey"),
          sessionToken: field("SessionToken"),
          expiration: Date.now() + 3_600_000,
        },
      })
  );
  await writeAwsFiles(world, {
    config: "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n" +
      "sso_region = us-east-1\nsso_registration_scopes = sso:account:access\n" +
      "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\n" +
      "sso_role_name = developer\nregion = us-east-1\n",
    [`sso/cache/${createHash("sha1").update("corp").digest("hex")}.json`]: JSON.stringify({
      accessToken: "old-token",
      expiresAt: "2020-01-01T00:00:00Z",
      region: "us-east-1",
      clientId: "client",
      clientSecret: "clientsecret",
      refreshToken: "refresh",
      registrationExpiresAt: "2099-01-01T00:00:00Z",
    }),
  });
  await tunnelOpens(world, {
    AWS_ENDPOINT_URL_SSO: portal.url,
    AWS_ENDPOINT_URL_SSO_OIDC: oidc.url,
  });
});
