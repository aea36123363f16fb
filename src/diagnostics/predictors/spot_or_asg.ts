/**
 * `spot_or_asg`: may AWS take the instance away.
 *
 * @module
 */

import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import { ok, unknownBecause, warning } from "../findings.ts";

export const spotOrAsg = defineCheck({
  id: "spot_or_asg",
  standsFor: "scheduled_events",
  title: "Spot and Auto Scaling",
  category: "instance",
  isSeedItem: false,
  primaryQuestion: "may AWS take the instance away",
  facts: ["instance"],
  requires: { aws: true, instance: "exists", ec2: true },
  actions: ["ec2:DescribeInstances"],
  run(facts): CheckOutcome {
    const fact = facts.get("instance");
    if (fact.state !== "known") {
      const message = "how the instance is paid for could not be read";
      return { planned: 1, findings: [unknownBecause("LIFECYCLE_NOT_VISIBLE", fact, message)] };
    }
    const instance = fact.value;
    const group = instance?.tags["aws:autoscaling:groupName"];
    const findings: Finding[] = [];
    if (instance?.lifecycle === "spot") {
      findings.push(warning(
        "SPOT_INSTANCE",
        "low",
        "a Spot instance, which AWS may take back with two minutes' notice",
        { remediation: ["Use an on-demand instance for work that must not be interrupted"] },
      ));
    }
    if (group !== undefined) {
      findings.push(warning(
        "ASG_MEMBER",
        "low",
        `a member of Auto Scaling group ${group}, which may replace it`,
        {
          remediation: [
            `Protect it: aws autoscaling set-instance-protection --auto-scaling-group-name ` +
            `${group} --instance-ids ${instance?.instanceId} --protected-from-scale-in`,
          ],
        },
      ));
    }
    if (findings.length === 0) findings.push(ok("LIFECYCLE_STEADY", "on demand, in no group"));
    return { planned: 1, findings };
  },
});
