import assert from "node:assert/strict";
import {
  hostEnvironment,
  jobEnvironment,
  requestEnvironment,
} from "../../../../src/cli/background/environment.ts";
import { refusal } from "../../../support/fake_io.ts";

const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

const TERMINAL = {
  HOME: "/home/a",
  PATH: "/bin",
  AWS_ACCESS_KEY_ID: "AKIA",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
  AWS_CONTAINER_AUTHORIZATION_TOKEN: "container token",
  AWS_PROFILE: "dev",
  AWS_REGION: "eu-west-1",
  AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:2",
  AWS_CA_BUNDLE: "certs/ca.pem",
  AWS_CONFIG_FILE: "/etc/aws",
  AWS_USE_FIPS_ENDPOINT: "true",
  AWS_EC2_METADATA_DISABLED: "true",
  EC2_CONNECT_CONFIG: "c.json",
  EC2_CONNECT_LOG_LEVEL: "debug",
  https_proxy: "http://proxy:3128",
};

Deno.test("no secret is in the environment that the host is started with", () => {
  assert.deepEqual(hostEnvironment(TERMINAL, "/project"), {
    HOME: "/home/a",
    PATH: "/bin",
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_EC2_METADATA_DISABLED: "true",
    EC2_CONNECT_CONFIG: "/project/c.json",
    EC2_CONNECT_LOG_LEVEL: "debug",
    https_proxy: "http://proxy:3128",
  });
});

Deno.test("a request carries what AWS and the settings need, and no more", POSIX_ONLY, () => {
  const { HOME: _home, PATH: _path, ...wanted } = TERMINAL;
  assert.deepEqual(requestEnvironment(TERMINAL, "/project"), {
    ...wanted,
    AWS_CA_BUNDLE: "/project/certs/ca.pem",
    EC2_CONNECT_CONFIG: "/project/c.json",
  });
  assert.deepEqual(requestEnvironment({ AWS_CA_BUNDLE: "" }, "/project"), { AWS_CA_BUNDLE: "" });
});

Deno.test("a tunnel sees its own terminal's AWS environment, and nothing of the first one's", () => {
  const host = { HOME: "/home/a", AWS_USE_FIPS_ENDPOINT: "true", EC2_CONNECT_LOG_LEVEL: "debug" };
  assert.deepEqual(
    jobEnvironment(host, { AWS_PROFILE: "prod", AWS_USE_FIPS_ENDPOINT: "true" }),
    { HOME: "/home/a", AWS_USE_FIPS_ENDPOINT: "true", AWS_PROFILE: "prod" },
  );
});

Deno.test("what counts for the whole process must be the same, or the request is refused", async () => {
  const host = { AWS_USE_FIPS_ENDPOINT: "true", HTTPS_PROXY: "http://a:1", AWS_ROLE_ARN: "" };
  const error = await refusal(() =>
    jobEnvironment(host, { HTTPS_PROXY: "http://b:1", AWS_WEB_IDENTITY_TOKEN_FILE: "/t" })
  );
  assert.deepEqual([error.kind, error.exitCode], ["config", 2]);
  assert.equal(
    error.message,
    "Cannot connect in the background: it was started with another " +
      "AWS_USE_FIPS_ENDPOINT, AWS_WEB_IDENTITY_TOKEN_FILE, HTTPS_PROXY",
  );
  assert.match(error.hint!, /host stop/);
  // Empty is as good as unset.
  jobEnvironment({ AWS_ROLE_ARN: "" }, {});
});
