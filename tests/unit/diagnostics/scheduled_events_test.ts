import assert from "node:assert/strict";
import { scheduledEvents } from "../../../src/diagnostics/checks/scheduled_events.ts";
import { denied, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Ec2Instance, ScheduledEvent } from "../../../src/diagnostics/facts/instance.ts";
import { HEALTHY, MINUTE_MS, NOW_MS, runCheck } from "../../support/facts.ts";
import { short } from "./_outcome.ts";

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function withEvents(...events: Partial<ScheduledEvent>[]) {
  const complete = events.map((event, index) => ({
    eventId: `instance-event-${index}`,
    code: "instance-reboot",
    description: "The instance is scheduled for a reboot",
    notBeforeMs: NOW_MS + 30 * MINUTE_MS,
    notAfterMs: undefined,
    ...event,
  }));
  return { instanceStatus: known({ ...HEALTHY.instanceStatus, events: complete }) };
}

Deno.test("SE-1 no events is ok", () => {
  assert.deepEqual(short(runCheck(scheduledEvents)), ["ok EVENTS_NONE"]);
});

Deno.test("SE-2 retirement in three days is a warning, one grade above a reboot", () => {
  const at = (code: string) =>
    short(runCheck(scheduledEvents, withEvents({ code, notBeforeMs: NOW_MS + 3 * DAY_MS })));
  assert.deepEqual(at("instance-retirement"), ["warning/medium EVENT_SCHEDULED"]);
  assert.deepEqual(at("instance-stop"), ["warning/medium EVENT_SCHEDULED"]);
  assert.deepEqual(at("system-reboot"), ["warning/low EVENT_SCHEDULED"]);
});

Deno.test("SE-3 a reboot within the time that is wanted is critical", () => {
  const outcome = runCheck(scheduledEvents, withEvents({}));
  assert.deepEqual(short(outcome), ["critical EVENT_SCHEDULED"]);
  assert.equal(outcome.findings[0]?.predictedAtMs, NOW_MS + 30 * MINUTE_MS);
  assert.deepEqual(
    short(runCheck(scheduledEvents, withEvents({}), { expectedDurationMin: 29 })),
    ["warning/high EVENT_SCHEDULED"],
  );
});

Deno.test("SE-4 what is completed or cancelled is ignored", () => {
  const changes = withEvents(
    { description: "[Completed] The instance was rebooted" },
    { description: "[Canceled] The instance is scheduled for a reboot" },
  );
  assert.deepEqual(short(runCheck(scheduledEvents, changes)), ["ok EVENTS_NONE"]);
});

Deno.test("SE-5 what is overdue is critical", () => {
  const changes = withEvents({ notBeforeMs: NOW_MS - HOUR_MS });
  assert.deepEqual(short(runCheck(scheduledEvents, changes)), ["critical EVENT_OVERDUE"]);
});

Deno.test("SE-6 events that may not be read are unknown", () => {
  const outcome = runCheck(scheduledEvents, {
    instanceStatus: denied("ec2:DescribeInstanceStatus"),
  });
  assert.deepEqual(short(outcome), ["unknown EVENTS_NOT_VISIBLE (access_denied)"]);
});

Deno.test("the nearer the worse, at each edge", () => {
  const at = (notBeforeMs: number, code = "system-maintenance") =>
    short(runCheck(scheduledEvents, withEvents({ code, notBeforeMs: NOW_MS + notBeforeMs })))[0];
  assert.equal(at(HOUR_MS), "critical EVENT_SCHEDULED");
  assert.equal(at(HOUR_MS + 1), "warning/high EVENT_SCHEDULED");
  assert.equal(at(DAY_MS), "warning/high EVENT_SCHEDULED");
  assert.equal(at(DAY_MS + 1), "warning/low EVENT_SCHEDULED");
  assert.equal(at(7 * DAY_MS), "warning/low EVENT_SCHEDULED");
  assert.equal(at(7 * DAY_MS + 1), "ok EVENT_SCHEDULED");
  assert.equal(at(7 * DAY_MS + 1, "instance-retirement"), "warning/low EVENT_SCHEDULED");
  const undated = withEvents({ notBeforeMs: undefined });
  assert.deepEqual(short(runCheck(scheduledEvents, undated)), ["warning/medium EVENT_SCHEDULED"]);
});

Deno.test("Spot and Auto Scaling are told", () => {
  const instance = known<Ec2Instance>({
    ...HEALTHY.instance,
    lifecycle: "spot",
    tags: { "aws:autoscaling:groupName": "web" },
  });
  assert.deepEqual(short(runCheck(scheduledEvents, { instance })), [
    "ok EVENTS_NONE",
    "+ warning/low SPOT_INSTANCE",
    "+ ok AUTO_SCALING_MEMBER",
  ]);
});
