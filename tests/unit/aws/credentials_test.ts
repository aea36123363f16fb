/** Where credentials come from, as far as it needs neither HOME nor a child process. */

import assert from "node:assert/strict";
import { AppError } from "../../../src/errors/mod.ts";
import { Aws, type AwsSettings } from "../../../src/aws/mod.ts";
import { envOf, FakeService, KEYS, withSharedFiles, xml } from "./_support.ts";

const ROLE = "arn:aws:iam::123456789012:role/ops";
const DEVICE = "arn:aws:iam::123456789012:mfa/me";

function commandWith(
  variables: Record<string, string>,
  settings: Partial<AwsSettings> = {},
): Aws {
  return new Aws({
    connectionTimeoutMs: 5_000,
    requestTimeoutMs: 5_000,
    env: envOf({ AWS_REGION: "us-east-1", ...variables }),
    ...settings,
  });
}

async function withProfiles(
  config: string,
  use: (variables: Record<string, string>) => Promise<void>,
  credentials = "",
): Promise<void> {
  await withSharedFiles({ config, credentials }, use);
}

Deno.test("keys of the environment come first, with their end", async () => {
  using aws = commandWith({
    ...KEYS,
    AWS_SESSION_TOKEN: "token",
    AWS_CREDENTIAL_EXPIRATION: "2099-01-02T03:04:05Z",
  });
  assert.deepEqual(await aws.credentials(), {
    accessKeyId: KEYS.AWS_ACCESS_KEY_ID,
    secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
    sessionToken: "token",
    expiration: new Date("2099-01-02T03:04:05Z"),
  });
});

const PROFILE_KEYS = `
[work]
aws_access_key_id = AKIAWORK
aws_secret_access_key = worksecret
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = defaultsecret
aws_session_token = defaulttoken
`;

Deno.test("a chosen profile beats the environment's keys, by option and by AWS_PROFILE", async () => {
  await withProfiles("", async (paths) => {
    using byOption = commandWith({ ...KEYS, ...paths }, { profile: "work" });
    assert.equal((await byOption.credentials()).accessKeyId, "AKIAWORK");
    using byVariable = commandWith({ ...KEYS, ...paths, AWS_PROFILE: "work" });
    assert.equal((await byVariable.credentials()).accessKeyId, "AKIAWORK");
    assert.equal(byVariable.profile, "work");
  }, PROFILE_KEYS);
});

Deno.test("without keys and profile, the default profile is used", async () => {
  await withProfiles("", async (paths) => {
    using aws = commandWith(paths);
    const { accessKeyId, sessionToken } = await aws.credentials();
    assert.deepEqual([accessKeyId, sessionToken], ["AKIADEFAULT", "defaulttoken"]);
  }, PROFILE_KEYS);
});

Deno.test("an unknown profile is an error of configuration that names the known ones", async () => {
  await withProfiles("[profile dev]\nregion = us-east-1\n", async (paths) => {
    using aws = commandWith(paths, { profile: "prod" });
    await assert.rejects(aws.credentials(), {
      kind: "config",
      message: 'Cannot use profile "prod": no such profile',
      hint: "Known profiles: default, dev, work",
    });
  }, PROFILE_KEYS);
});

Deno.test({
  name: "credential_process is run, and its end is kept",
  ignore: Deno.build.os === "windows", // a shell script
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const script = `${folder}/credentials.sh`;
      const answer = JSON.stringify({
        Version: 1,
        AccessKeyId: "AKIAPROCESS",
        SecretAccessKey: "processsecret",
        SessionToken: "processtoken",
        Expiration: "2099-01-01T00:00:00Z",
      });
      await Deno.writeTextFile(script, `#!/bin/sh\ncat <<'EOF'\n${answer}\nEOF\n`, { mode: 0o700 });
      await withProfiles(`[profile tool]\ncredential_process = ${script}\n`, async (paths) => {
        using aws = commandWith(paths, { profile: "tool" });
        const { accessKeyId, sessionToken, expiration } = await aws.credentials();
        assert.deepEqual([accessKeyId, sessionToken], ["AKIAPROCESS", "processtoken"]);
        assert.equal(expiration?.toISOString(), "2099-01-01T00:00:00.000Z");
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a credential_process that fails says why, and nothing else is tried",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const process = "sh -c 'echo vault is sealed >&2; exit 3' --token s3cr3t";
    const lines: string[] = [];
    await withProfiles(`[profile tool]\ncredential_process = ${process}\n`, async (paths) => {
      using aws = commandWith(paths, { profile: "tool", log: (line) => lines.push(line) });
      await assert.rejects(aws.credentials(), {
        kind: "auth",
        message:
          'Cannot get AWS credentials: credential_process of profile "tool" failed: vault is sealed',
      });
    });
    assert.equal(lines.join("\n").includes("s3cr3t"), false);
  },
});

const ASSUMED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId>
<SecretAccessKey>assumedsecret</SecretAccessKey><SessionToken>assumedtoken</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>`;

const BASE = `[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = basesecret
`;

function roleProfile(name: string, source: string, more = ""): string {
  return `[profile ${name}]\nrole_arn = ${ROLE}\nsource_profile = ${source}\n${more}`;
}

Deno.test("a role is assumed with its source's keys at the STS that is set", async () => {
  await using sts = new FakeService(() => xml(ASSUMED));
  const config = BASE +
    roleProfile(
      "ops",
      "base",
      "external_id = x1\nrole_session_name = me\nduration_seconds = 900\n",
    );
  await withProfiles(config, async (paths) => {
    using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, { profile: "ops" });
    const { accessKeyId, sessionToken, expiration } = await aws.credentials();
    assert.deepEqual([accessKeyId, sessionToken], ["ASIAASSUMED", "assumedtoken"]);
    assert.equal(expiration?.toISOString(), "2099-01-01T00:00:00.000Z");
  });
  const [call] = sts.received;
  assert.match(call?.headers.get("authorization") ?? "", /Credential=AKIABASE\//);
  const form = Object.fromEntries(new URLSearchParams(call?.body));
  assert.deepEqual(form, {
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: ROLE,
    RoleSessionName: "me",
    ExternalId: "x1",
    DurationSeconds: "900",
  });
});

Deno.test("STS is found by the endpoint of the chosen profile too", async () => {
  await using sts = new FakeService(() => xml(ASSUMED));
  await withProfiles(
    BASE + roleProfile("ops", "base", `endpoint_url = ${sts.url}\n`),
    async (paths) => {
      using aws = commandWith(paths, { profile: "ops" });
      assert.equal((await aws.credentials()).accessKeyId, "ASIAASSUMED");
    },
  );
});

Deno.test("a role with an MFA device asks for its code and sends it", async () => {
  await using sts = new FakeService(() => xml(ASSUMED));
  const asked: string[] = [];
  await withProfiles(
    BASE + roleProfile("ops", "base", `mfa_serial = ${DEVICE}\n`),
    async (paths) => {
      using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, {
        profile: "ops",
        promptMfa: (serial) => {
          asked.push(serial);
          return Promise.resolve(" 123456\n");
        },
      });
      assert.equal((await aws.credentials()).accessKeyId, "ASIAASSUMED");
      await aws.credentials();
    },
  );
  assert.deepEqual(asked, [DEVICE], "asked once, then cached");
  assert.equal(sts.received.length, 1);
  const form = new URLSearchParams(sts.received[0]?.body);
  assert.equal(form.get("SerialNumber"), DEVICE);
  assert.equal(form.get("TokenCode"), "123456");
  assert.match(sts.received[0]?.headers.get("authorization") ?? "", /Credential=AKIABASE\//);
});

Deno.test("a role on top of one with an MFA device works as well", async () => {
  await using sts = new FakeService(() => xml(ASSUMED));
  const config = BASE + roleProfile("middle", "base", `mfa_serial = ${DEVICE}\n`) +
    roleProfile("top", "middle");
  await withProfiles(config, async (paths) => {
    using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, {
      profile: "top",
      promptMfa: () => Promise.resolve("123456"),
    });
    await aws.credentials();
  });
  const forms = sts.received.map(({ body }) => new URLSearchParams(body));
  assert.deepEqual(forms.map((form) => form.get("TokenCode")), ["123456", null]);
  assert.match(sts.received[1]?.headers.get("authorization") ?? "", /Credential=ASIAASSUMED\//);
});

Deno.test("a role may build on keys in its own profile", async () => {
  await using sts = new FakeService(() => xml(ASSUMED));
  const config = roleProfile("self", "self", `mfa_serial = ${DEVICE}\n`) +
    "aws_access_key_id = AKIASELF\naws_secret_access_key = selfsecret\n";
  await withProfiles(config, async (paths) => {
    using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, {
      profile: "self",
      promptMfa: () => Promise.resolve("123456"),
    });
    assert.equal((await aws.credentials()).accessKeyId, "ASIAASSUMED");
  });
  assert.match(sts.received[0]?.headers.get("authorization") ?? "", /Credential=AKIASELF\//);
});

Deno.test("an MFA device without a prompt is an error with a way out, and no call", async () => {
  await using sts = new FakeService(() => xml(ASSUMED));
  await withProfiles(
    BASE + roleProfile("ops", "base", `mfa_serial = ${DEVICE}\n`),
    async (paths) => {
      using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, { profile: "ops" });
      await assert.rejects(aws.credentials(), {
        kind: "auth",
        message: `Cannot get AWS credentials: profile "ops" needs a code of MFA device ${DEVICE}`,
        hint: /--no-input/,
      });
    },
  );
  assert.equal(sts.received.length, 0);
});

Deno.test("nobody is asked for a code when the source of the role has no keys", async () => {
  const asked: string[] = [];
  const config = "[profile empty]\nregion = us-east-1\ncredential_process = false\n" +
    roleProfile("ops", "empty", `mfa_serial = ${DEVICE}\n`);
  await withProfiles(config, async (paths) => {
    using aws = commandWith(paths, {
      profile: "ops",
      promptMfa: (serial) => {
        asked.push(serial);
        return Promise.resolve("123456");
      },
    });
    await assert.rejects(aws.credentials(), { kind: "auth" });
  });
  assert.deepEqual(asked, []);
});

Deno.test("roles that build on each other in a circle are an error of configuration", async () => {
  const config = roleProfile("a", "b", `mfa_serial = ${DEVICE}\n`) + roleProfile("b", "a");
  await withProfiles(config, async (paths) => {
    using aws = commandWith(paths, { profile: "a", promptMfa: () => Promise.resolve("1") });
    await assert.rejects(aws.credentials(), {
      kind: "config",
      message: /source_profile leads in a circle/,
      why: "a -> b -> a",
    });
  });
});

Deno.test("a circle without MFA, which the SDK finds, is one too", async () => {
  await withProfiles(roleProfile("a", "b") + roleProfile("b", "a"), async (paths) => {
    using aws = commandWith(paths, { profile: "a" });
    await assert.rejects(aws.credentials(), { kind: "config", message: /leads back to itself/ });
  });
});

Deno.test("a role that may not be assumed is named, with the action", async () => {
  await using sts = new FakeService(() =>
    xml(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>` +
        `<Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/me is not authorized to perform: ` +
        `sts:AssumeRole on resource: ${ROLE}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
      { status: 403 },
    )
  );
  await withProfiles(BASE + roleProfile("ops", "base"), async (paths) => {
    using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, { profile: "ops" });
    const error = await aws.credentials().then(() => assert.fail(), (error) => error);
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, "auth");
    assert.equal(
      error.message,
      `Cannot assume role ${ROLE}: not allowed: sts:AssumeRole on ${ROLE}`,
    );
  });
});

Deno.test("an STS that cannot be reached is an error of the network", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  await withProfiles(BASE + roleProfile("ops", "base"), async (paths) => {
    using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: url }, { profile: "ops" });
    await assert.rejects(aws.credentials(), {
      kind: "network",
      message: `Cannot assume role ${ROLE}: ${url} refused the connection`,
    });
  });
});

Deno.test("credentials of a role are renewed before they end", async () => {
  let nth = 0;
  await using sts = new FakeService(() => {
    nth++;
    const end = new Date(Date.now() + (nth === 1 ? 60_000 : 3_600_000)).toISOString();
    return xml(
      ASSUMED.replace("ASIAASSUMED", `ASIA${nth}`).replace("2099-01-01T00:00:00Z", end),
    );
  });
  await withProfiles(BASE + roleProfile("ops", "base"), async (paths) => {
    using aws = commandWith({ ...paths, AWS_ENDPOINT_URL_STS: sts.url }, { profile: "ops" });
    const keys = [];
    for (let i = 0; i < 3; i++) keys.push((await aws.credentials()).accessKeyId);
    // The first ones are within five minutes of their end at once.
    assert.deepEqual(keys, ["ASIA1", "ASIA2", "ASIA2"]);
  });
});
