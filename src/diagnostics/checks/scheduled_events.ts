/**
 * `scheduled_events`: is AWS about to stop or reboot the instance.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { valueOf } from "../facts/fact.ts";
import type { Ec2Instance, ScheduledEvent } from "../facts/instance.ts";
import { critical, info, ok, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { awsCli, describeDuration, describeMoment } from "../remedies.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Kept in the list for up to a week after they are over. */
const OVER = /^\[(?:completed|canceled)\]/i;
/** After these the instance does not come back by itself. */
const ENDING_CODES = ["instance-retirement", "instance-stop"];

export const scheduledEvents = defineCheck({
  id: "scheduled_events",
  title: "Scheduled events",
  category: "instance",
  isSeedItem: false,
  primaryQuestion: "is AWS about to stop or reboot it",
  facts: ["instanceStatus", "instance"],
  requires: { aws: true, instance: "running", ec2: true },
  actions: ["ec2:DescribeInstanceStatus"],
  run(facts, parameters): CheckOutcome {
    const status = facts.get("instanceStatus");
    const instance = valueOf(facts.get("instance"));
    const lifecycle = instance === undefined ? [] : lifecycleFindings(instance);
    if (status.state !== "known") {
      const message = "scheduled events could not be read";
      const finding = unknownBecause("EVENTS_NOT_VISIBLE", status, message);
      return { findings: [finding, ...lifecycle], planned: 1 };
    }
    const pending = (status.value?.events ?? []).filter(({ description }) =>
      !OVER.test(description)
    );
    const findings = pending.map((event) => eventFinding(event, parameters));
    if (findings.length === 0) findings.push(ok("EVENTS_NONE", "no scheduled events"));
    return { findings: [...findings, ...lifecycle], planned: 1 };
  },
});

function eventFinding(event: ScheduledEvent, parameters: CheckParameters): Finding {
  const { code, description, eventId, notBeforeMs } = event;
  const { nowMs, expectedDurationMin } = parameters;
  const details = {
    remediation: [
      ENDING_CODES.includes(code)
        ? "Stop and start the instance at a time of your choice, which moves it to another host"
        : "Reboot the instance at a time of your choice, where the event allows it",
      `See the event: ${
        awsCli(
          `ec2 describe-instance-status --instance-ids ${parameters.instanceId}`,
          parameters,
        )
      }`,
    ],
    resources: [{ type: "event", id: eventId }],
    evidence: {
      code,
      description,
      not_before: notBeforeMs === undefined ? null : new Date(notBeforeMs).toISOString(),
    },
    predictedAtMs: notBeforeMs,
  };
  if (notBeforeMs === undefined) {
    const message = `AWS plans ${code} and does not say when (${description})`;
    return warning("EVENT_SCHEDULED", "medium", message, details);
  }
  const aheadMs = notBeforeMs - nowMs;
  const when = describeMoment(notBeforeMs);
  if (aheadMs < 0) {
    const message = `${code} was due ${describeDuration(-aheadMs)} ago (${when}): ${description}`;
    return critical("EVENT_OVERDUE", message, details);
  }
  const message = `AWS plans ${code} in ${describeDuration(aheadMs)} (${when}): ${description}`;
  if (aheadMs <= expectedDurationMin * MINUTE_MS) {
    return critical("EVENT_SCHEDULED", message, details);
  }
  const isEnding = ENDING_CODES.includes(code);
  if (aheadMs <= DAY_MS) return warning("EVENT_SCHEDULED", "high", message, details);
  if (aheadMs <= 7 * DAY_MS) {
    return warning("EVENT_SCHEDULED", isEnding ? "medium" : "low", message, details);
  }
  return isEnding
    ? warning("EVENT_SCHEDULED", "low", message, details)
    : { ...info("EVENT_SCHEDULED", message, details), primary: true };
}

function lifecycleFindings({ lifecycle, tags }: Ec2Instance): Finding[] {
  const findings: Finding[] = [];
  if (lifecycle === "spot") {
    findings.push(
      warning("SPOT_INSTANCE", "low", "a Spot instance: EC2 may take it with two minutes' notice", {
        primary: false,
        remediation: ["Use an on-demand instance where a tunnel must last"],
      }),
    );
  }
  const group = tags["aws:autoscaling:groupName"];
  if (group !== undefined) {
    findings.push(
      info("AUTO_SCALING_MEMBER", `Auto Scaling group ${group} may replace this instance`, {
        resources: [{ type: "auto-scaling-group", id: group }],
      }),
    );
  }
  return findings;
}
