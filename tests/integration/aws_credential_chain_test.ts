/** The links of the credential chain that look at HOME or at the process's own environment. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { FakeService, json, xml } from "../unit/aws/_support.ts";
import { runAwsChild } from "./_aws_run.ts";

/** A home folder with these files under `.aws`, removed afterwards. */
async function withHome(
  files: Record<string, string>,
  use: (env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "ec2-connect-home-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = `${home}/.aws/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    await use({
      HOME: home,
      USERPROFILE: home,
      AWS_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const LATER = "2099-01-01T00:00:00Z";

Deno.test("chain: nothing anywhere is no credentials, and says where was looked", async () => {
  await withHome({}, async (env) => {
    const { error } = await runAwsChild(["credentials"], { env });
    assert.equal(error?.kind, "auth");
    assert.equal(error.message, "Cannot get AWS credentials: no AWS credentials found");
    assert.match(error.why ?? "", /AWS_ACCESS_KEY_ID.*profile "default".*instance roles/);
    assert.match(error.hint ?? "", /aws configure/);
  });
});

Deno.test("chain: AWS_PROFILE beside keys is used without a word on stderr", async () => {
  const credentials = "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = s\n";
  await withHome({ credentials }, async (home) => {
    const env = {
      ...home,
      AWS_PROFILE: "work",
      AWS_ACCESS_KEY_ID: "AKIAENV",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    const { result, stderr } = await runAwsChild(["credentials"], { env });
    assert.equal(result?.accessKeyId, "AKIAWORK");
    assert.equal(stderr, "");
  });
});

const SSO_SESSION = `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-central-1
sso_registration_scopes = sso:account:access
[profile dev]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Developer
`;
const SSO_LEGACY = `[profile dev]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = Developer
`;

function cacheFile(id: string): string {
  return `sso/cache/${createHash("sha1").update(id).digest("hex")}.json`;
}

function token(expiresAt: string, more: Record<string, string> = {}): string {
  return JSON.stringify({ accessToken: "sso-token", expiresAt, region: "eu-central-1", ...more });
}

const SSO_LOGIN = { kind: "auth", hint: "Run: aws sso login --profile dev" };

for (
  const [name, config, id] of [
    ["sso-session", SSO_SESSION, "corp"],
    ["sso_start_url", SSO_LEGACY, "https://corp.awsapps.com/start"],
  ] as const
) {
  for (
    const [state, files] of [
      ["expired", { [cacheFile(id)]: token("2020-01-01T00:00:00Z") }],
      ["missing", {}],
    ] as const
  ) {
    Deno.test(`chain: a profile by ${name} whose login is ${state} says how to log in`, async () => {
      await withHome({ config, ...files }, async (env) => {
        const { error } = await runAwsChild(["credentials", "dev"], { env });
        assert.ok(error);
        assert.deepEqual({ kind: error.kind, hint: error.hint }, SSO_LOGIN);
        assert.match(error.message, /the SSO session has expired or is missing$/);
      });
    });
  }
}

Deno.test("chain: an SSO login gives the role's credentials", async () => {
  await using portal = new FakeService(() =>
    json({
      roleCredentials: {
        accessKeyId: "ASIASSO",
        secretAccessKey: "ssosecret",
        sessionToken: "ssotoken",
        expiration: Date.parse(LATER),
      },
    })
  );
  await withHome({ config: SSO_SESSION, [cacheFile("corp")]: token(LATER) }, async (home) => {
    const env = { ...home, AWS_ENDPOINT_URL_SSO: portal.url };
    const { result } = await runAwsChild(["credentials", "dev"], { env });
    assert.equal(result?.accessKeyId, "ASIASSO");
    assert.equal(result.expiration, "2099-01-01T00:00:00.000Z");
  });
  const [call] = portal.received;
  assert.match(call?.path ?? "", /^\/federation\/credentials\?.*role_name=Developer/);
  assert.equal(call?.headers.get("x-amz-sso_bearer_token"), "sso-token");
});

Deno.test("chain: an SSO portal that cannot be reached is an error of the network", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  await withHome({ config: SSO_SESSION, [cacheFile("corp")]: token(LATER) }, async (home) => {
    const { error } = await runAwsChild(["credentials", "dev"], {
      env: { ...home, AWS_ENDPOINT_URL_SSO: url },
    });
    assert.equal(error?.kind, "network");
    assert.equal(error.message, `Cannot get AWS credentials: ${url} refused the connection`);
  });
});

Deno.test("chain: an SSO token near its end is renewed with its refresh token", async () => {
  await using oidc = new FakeService(() =>
    json({ accessToken: "new-token", expiresIn: 3600, refreshToken: "next" })
  );
  await using portal = new FakeService(() =>
    json({
      roleCredentials: {
        accessKeyId: "ASIASSO",
        secretAccessKey: "s",
        sessionToken: "t",
        expiration: Date.parse(LATER),
      },
    })
  );
  const cached = token("2020-01-01T00:00:00Z", {
    clientId: "client",
    clientSecret: "clientsecret",
    refreshToken: "refresh",
    registrationExpiresAt: LATER,
  });
  await withHome({ config: SSO_SESSION, [cacheFile("corp")]: cached }, async (home) => {
    const env = {
      ...home,
      AWS_ENDPOINT_URL_SSO: portal.url,
      AWS_ENDPOINT_URL_SSO_OIDC: oidc.url,
    };
    const { result } = await runAwsChild(["credentials", "dev"], { env });
    assert.equal(result?.accessKeyId, "ASIASSO");
  });
  assert.equal(JSON.parse(oidc.received[0]?.body ?? "{}").refreshToken, "refresh");
  assert.equal(portal.received[0]?.headers.get("x-amz-sso_bearer_token"), "new-token");
});

Deno.test("chain: a container's credentials come with its authorization", async () => {
  await using agent = new FakeService(() =>
    json({ AccessKeyId: "ASIATASK", SecretAccessKey: "s", Token: "t", Expiration: LATER })
  );
  await withHome({}, async (home) => {
    const env = {
      ...home,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/get`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "authorization",
    };
    const { result } = await runAwsChild(["credentials"], { env });
    assert.equal(result?.accessKeyId, "ASIATASK");
  });
  assert.equal(agent.received[0]?.path, "/get");
  assert.equal(agent.received[0]?.headers.get("authorization"), "authorization");
});

Deno.test("chain: an instance's role is had from its metadata", async () => {
  await using metadata = new FakeService(({ method, path }) => {
    if (method === "PUT") return new Response("imds-token");
    if (path.endsWith("/security-credentials/")) return new Response("web-role");
    return json({
      Code: "Success",
      AccessKeyId: "ASIAINSTANCE",
      SecretAccessKey: "s",
      Token: "t",
      Expiration: LATER,
    });
  });
  await withHome({}, async (home) => {
    const env = {
      ...home,
      AWS_EC2_METADATA_DISABLED: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
    };
    const { result } = await runAwsChild(["credentials"], { env });
    assert.equal(result?.accessKeyId, "ASIAINSTANCE");
  });
  const paths = metadata.received.map(({ path }) => path);
  assert.ok(paths.includes("/latest/meta-data/iam/security-credentials/web-role"), paths.join());
  assert.equal(metadata.received.at(-1)?.headers.get("x-aws-ec2-metadata-token"), "imds-token");
});

Deno.test("chain: a web identity token is changed for a role's credentials", async () => {
  await using sts = new FakeService(() =>
    xml(
      `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">` +
        `<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAWEB</AccessKeyId>` +
        `<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>` +
        `<Expiration>${LATER}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>` +
        `</AssumeRoleWithWebIdentityResponse>`,
    )
  );
  await withHome({ "token": "header.body.signature" }, async (home) => {
    const env = {
      ...home,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_WEB_IDENTITY_TOKEN_FILE: `${home.HOME}/.aws/token`,
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/pod",
    };
    const { result } = await runAwsChild(["credentials"], { env });
    assert.equal(result?.accessKeyId, "ASIAWEB");
  });
  const form = new URLSearchParams(sts.received[0]?.body);
  assert.equal(form.get("Action"), "AssumeRoleWithWebIdentity");
  assert.equal(form.get("WebIdentityToken"), "header.body.signature");
  assert.equal(sts.received[0]?.headers.get("authorization"), null, "this call is not signed");
});
