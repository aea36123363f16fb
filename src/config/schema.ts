/**
 * The settings of the program: the one place that says what exists, of which type and range.
 *
 * Importing this file loads zod, which costs a start some 10 ms; where no setting was made,
 * `defaults.ts` stands in for it.
 *
 * @module
 */

import { z } from "zod";
import { hostName, localAddress } from "./addresses.ts";
import { PRESET_NAME } from "./preset_name.ts";

/** Messages of our own say what was wanted; the others are put into words by `shape.ts`. */
const text = z.string().regex(/\S/, { error: "a text that is not empty" });
const seconds = z.number().positive().max(86_400);
const milliseconds = z.int().min(0).max(86_400_000);

const awsSchema = z.strictObject({
  default_region: text.optional()
    .describe("Region when neither an option, the environment nor the AWS profile names one")
    .meta({ examples: ["us-east-1"] }),
  profile: text.optional().describe("AWS profile when nothing else names one")
    .meta({ examples: ["work"] }),
  expected_account_id: z.string().regex(/^\d{12}$/, { error: "a text of 12 digits" }).optional()
    .describe(
      "Account of 12 digits that credentials must belong to; a diagnosis complains of another",
    )
    .meta({ examples: ["123456789012"] }),
  connection_timeout: seconds.default(30)
    .describe(
      "Seconds that each step of opening a tunnel may take: API call, connection, handshake",
    ),
  request_timeout: seconds.default(60).describe("Seconds until a call of an AWS API must answer"),
});

const reconnectionSchema = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether a lost session is resumed"),
  max_attempts: z.int().min(0).max(1_000_000).default(5).describe(
    "Attempts in a row; 0 is without end",
  ),
  base_delay_ms: milliseconds.default(1_000).describe("Wait before the second attempt"),
  max_delay_ms: milliseconds.default(16_000).describe("Longest wait between two attempts"),
}).refine((value) => value.base_delay_ms <= value.max_delay_ms, {
  path: ["max_delay_ms"],
  error: "at least base_delay_ms",
});

const sessionSchema = z.strictObject({
  max_sessions_per_instance: z.int().min(1).max(1_000).default(3)
    .describe("Sessions of this machine to one instance"),
  health_check_interval: seconds.default(5)
    .describe("Seconds of silence after which a session is taken for lost"),
  keep_alive: z.enum(["always", "policy", "never"]).default("always")
    .describe("What keeps a session from the account's idle timeout; --keep-alive overrides it"),
  reconnection: reconnectionSchema.prefault({}),
  background_linger: seconds.default(60)
    .describe("Seconds that the background host stays after its last session has ended"),
});

const resourcesSchema = z.strictObject({
  max_memory_mb: z.number().positive().default(10)
    .describe("Memory that sessions may add to an idle process"),
  max_cpu_percent: z.number().positive().max(100).default(0.5)
    .describe("Share of one core that idle sessions may take"),
  low_power_mode: z.boolean().default(true).describe("Fewer wake-ups while nothing happens"),
});

const databaseSchema = z.strictObject({
  path: text.optional()
    .describe(
      "File of the session history, in place of the one in the data folder; ~/ is the home folder",
    ).meta({ examples: ["~/ec2-connect/history.db"] }),
});

const loggingSchema = z.strictObject({
  level: z.enum(["error", "warning", "info", "debug", "trace"]).default("info")
    .describe("What is logged on stderr; -v is debug, -vv is trace"),
});

const diagnosticsSchema = z.strictObject({
  checks: z.record(z.string(), z.boolean()).default({})
    .describe("Checks by name; false leaves one out")
    .meta({ examples: [{ local_prerequisites: false }] }),
  auto_fix: z.strictObject({
    enabled: z.boolean().default(false).describe("Whether `fix` applies safe fixes unasked"),
    safe_only: z.boolean().default(true).describe("Whether `fix` leaves out all that are not safe"),
  }).prefault({}),
  parallel: z.boolean().default(true).describe("Whether checks run side by side"),
  timeout_seconds: z.int().min(1).max(600).optional()
    .describe("Seconds that each check may take; each command has its own default")
    .meta({ examples: [30] }),
  format: z.enum(["text", "json", "yaml"]).default("text").describe("Format of reports"),
});

const port = z.int().min(1).max(65_535);
const forwardShape = {
  local_port: z.int().min(0).max(65_535).optional()
    .describe("Port of this machine; 0, the default, is any free one"),
  remote_port: port.optional().describe("Port to lead to; 22 by default"),
  remote_host: text.refine((value) => hostName(value) !== undefined, {
    error: "a host name or an IP address",
  }).optional().describe("Host behind the instance to lead to"),
  bind: text.refine((value) => localAddress(value) !== undefined, {
    error: "an IP address of this machine, such as 127.0.0.1 or ::1",
  }).optional().describe("Local address; 127.0.0.1 by default"),
};

const connectionSchema = z.strictObject({
  instance: text
    .describe("Instance id, Name tag, tag:KEY=VALUE, private IP address or DNS name"),
  description: text.optional().describe("What it is for, in lists"),
  ...forwardShape,
  forwards: z.array(z.strictObject(forwardShape)).min(1).optional()
    .describe("Several ports, in place of the four settings of one"),
  profile: text.optional().describe("AWS profile, in place of the usual one"),
  region: text.optional().describe("Region, in place of the usual one"),
  priority: z.enum(["low", "normal", "high", "critical"]).optional()
    .describe("Who reconnects first, and who yields"),
  keep_alive: z.enum(["always", "policy", "never"]).optional()
    .describe("In place of session.keep_alive"),
  reason: text.max(256).optional().describe("Reason, kept in AWS's history"),
  reconnect: z.boolean().optional().describe("Whether a lost session is resumed"),
}).superRefine((value, context) => {
  const single = Object.keys(forwardShape).find((name) => Object.hasOwn(value, name));
  if (value.forwards === undefined || single === undefined) return;
  context.addIssue({
    code: "custom",
    path: [single],
    message: "nothing beside forwards: both say where to forward",
  });
});

const presetName = z.string().regex(PRESET_NAME, {
  error: "a name of letters, digits, dots, underscores and hyphens",
});

const connectionsSchema = z.record(presetName, connectionSchema).default({})
  .describe("Presets by name, for connect, up and down")
  .meta({
    examples: [{
      web: { instance: "web-1", local_port: 8080, remote_port: 80 },
      db: {
        instance: "tag:role=bastion",
        local_port: 5432,
        remote_host: "db.internal",
        remote_port: 5432,
      },
    }],
  });
const groupsSchema = z.record(presetName, z.array(text).min(1)).default({})
  .describe("Lists of presets by name, for up and down")
  .meta({ examples: [{ everything: ["web", "db"] }] });

/** Every setting, with its default. Unknown keys are refused; `read.ts` turns them into warnings. */
export const configSchema = z.strictObject({
  aws: awsSchema.prefault({}),
  session: sessionSchema.prefault({}),
  resources: resourcesSchema.prefault({}),
  database: databaseSchema.prefault({}),
  logging: loggingSchema.prefault({}),
  diagnostics: diagnosticsSchema.prefault({}),
  connections: connectionsSchema,
  groups: groupsSchema,
});

/** All settings, complete. */
export type Config = z.infer<typeof configSchema>;
/** A preset. */
export type Connection = z.infer<typeof connectionSchema>;
