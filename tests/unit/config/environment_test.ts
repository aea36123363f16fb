import assert from "node:assert/strict";
import { listSettings, readOverrides } from "../../../src/config/environment.ts";

Deno.test("listSettings() names a variable for every setting of the schema, and says what it is", () => {
  const settings = listSettings();
  assert.deepEqual(settings.map((setting) => setting.variables[0]), [
    "EC2_CONNECT_AWS_DEFAULT_REGION",
    "EC2_CONNECT_AWS_PROFILE",
    "EC2_CONNECT_AWS_EXPECTED_ACCOUNT_ID",
    "EC2_CONNECT_AWS_CONNECTION_TIMEOUT",
    "EC2_CONNECT_AWS_REQUEST_TIMEOUT",
    "EC2_CONNECT_SESSION_MAX_SESSIONS_PER_INSTANCE",
    "EC2_CONNECT_SESSION_HEALTH_CHECK_INTERVAL",
    "EC2_CONNECT_SESSION_KEEP_ALIVE",
    "EC2_CONNECT_SESSION_RECONNECTION_ENABLED",
    "EC2_CONNECT_SESSION_RECONNECTION_MAX_ATTEMPTS",
    "EC2_CONNECT_SESSION_RECONNECTION_BASE_DELAY_MS",
    "EC2_CONNECT_SESSION_RECONNECTION_MAX_DELAY_MS",
    "EC2_CONNECT_SESSION_BACKGROUND_LINGER",
    "EC2_CONNECT_RESOURCES_MAX_MEMORY_MB",
    "EC2_CONNECT_RESOURCES_MAX_CPU_PERCENT",
    "EC2_CONNECT_RESOURCES_LOW_POWER_MODE",
    "EC2_CONNECT_DATABASE_PATH",
    "EC2_CONNECT_LOGGING_LEVEL",
    "EC2_CONNECT_DIAGNOSTICS_AUTO_FIX_ENABLED",
    "EC2_CONNECT_DIAGNOSTICS_AUTO_FIX_SAFE_ONLY",
    "EC2_CONNECT_DIAGNOSTICS_PARALLEL",
    "EC2_CONNECT_DIAGNOSTICS_TIMEOUT_SECONDS",
    "EC2_CONNECT_DIAGNOSTICS_FORMAT",
  ]);
  for (const setting of settings) assert.ok(setting.description, setting.path.join("."));
});

Deno.test("readOverrides() converts by the setting's type and knows the short names", () => {
  const { values, unknown } = readOverrides({
    HOME: "/home/x",
    EC2_CONNECT_CONFIG: "/etc/c.json",
    EC2_CONNECT_LOCAL_PORT: "8080",
    EC2_CONNECT_LOCAL_PORT_2: "8081",
    EC2_CONNECT_LOCAL_HOST: "127.0.0.1",
    EC2_CONNECT_AWS_REGION: "eu-west-1",
    EC2_CONNECT_AWS_PROFILE: "",
    EC2_CONNECT_NO_SETTING: "",
    EC2_CONNECT_MAX_SESSIONS: "7",
    EC2_CONNECT_SESSION_RECONNECTION_ENABLED: "off",
    EC2_CONNECT_RESOURCES_MAX_CPU_PERCENT: "0.5",
    EC2_CONNECT_AWS_REQUEST_TIMEOUT: "soon",
  });
  assert.deepEqual(values.map(({ path, value }) => [path.join("."), value]), [
    ["aws.default_region", "eu-west-1"],
    ["session.max_sessions_per_instance", 7],
    ["session.reconnection.enabled", false],
    ["resources.max_cpu_percent", 0.5],
    ["aws.request_timeout", "soon"],
  ]);
  assert.deepEqual(unknown, []);
});

Deno.test("readOverrides() reports an unknown variable with the nearest one", () => {
  assert.deepEqual(
    readOverrides({ EC2_CONNECT_AWS_REGOIN: "x", EC2_CONNECT_ZZZZZZZZ: "1" }).unknown,
    [
      { variable: "EC2_CONNECT_AWS_REGOIN", nearest: "EC2_CONNECT_AWS_REGION" },
      { variable: "EC2_CONNECT_ZZZZZZZZ", nearest: undefined },
    ],
  );
});
