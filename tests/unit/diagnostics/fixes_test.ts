import assert from "node:assert/strict";
import { instanceProfile } from "../../../src/diagnostics/checks/instance_profile.ts";
import { instanceState } from "../../../src/diagnostics/checks/instance_state.ts";
import { iamPermissions } from "../../../src/diagnostics/checks/iam_permissions.ts";
import { localPortAvailability } from "../../../src/diagnostics/checks/local_port_availability.ts";
import { ssmAgent } from "../../../src/diagnostics/checks/ssm_agent.ts";
import { failed, known } from "../../../src/diagnostics/facts/fact.ts";
import type { Facts } from "../../../src/diagnostics/facts/facts.ts";
import type { Ec2Instance } from "../../../src/diagnostics/facts/instance.ts";
import type { FixPlan } from "../../../src/diagnostics/fixes/contracts.ts";
import { decide, explainDecision } from "../../../src/diagnostics/fixes/decide.ts";
import { planFixes } from "../../../src/diagnostics/fixes/plan.ts";
import { FIXES } from "../../../src/diagnostics/fixes/registry.ts";
import type { ReportedFinding } from "../../../src/diagnostics/results.ts";
import {
  HEALTHY,
  healthyFacts,
  healthyParameters,
  INSTANCE_GROUP,
  INSTANCE_ID,
  NOW_MS,
  readerOf,
  VPC_ID,
} from "../../support/facts.ts";
import {
  apply,
  approve,
  blindLook,
  lookAt,
  NO_CONSENT,
  planFor,
  resultFor,
  RUN_ID,
  serviceError,
  states,
} from "./_fixes.ts";

const instance = (changes: Partial<Ec2Instance>) => known({ ...HEALTHY.instance, ...changes });
const STOPPED = { instance: instance({ state: "stopped" }) };
const NO_PROFILE = failed("not_applicable", "iam:GetInstanceProfile", "no profile");
const BARE: Partial<Facts> = {
  instance: instance({ profile: undefined }),
  profileAssociation: known(undefined),
  instanceProfile: NO_PROFILE,
  rolePermissions: NO_PROFILE,
};

/** A finding of a check that another developer owns, as far as fixes look at it. */
function finding(
  code: string,
  fixId: string,
  changes: Partial<ReportedFinding> = {},
): ReportedFinding {
  return {
    id: `x.${code}`,
    code,
    status: "critical",
    severity: "critical",
    primary: true,
    message: code,
    remediation: [],
    needs: [],
    resources: [],
    evidence: {},
    references: [],
    fixIds: [fixId],
    predictedAtMs: undefined,
    reason: undefined,
    follows: [],
    adjusted: undefined,
    ...changes,
  };
}

const stopped = () => resultFor(instanceState, STOPPED);
const startPlan = () => planFor("start_instance", stopped().findings, STOPPED);

const EGRESS = finding("SG_EGRESS_BLOCKED", "add_instance_egress_443", {
  evidence: { services: ["ssm", "ssmmessages"] },
});
const noEgress = (): Partial<Facts> => ({
  securityGroups: known([{ ...HEALTHY.securityGroups[0], egress: [] }, HEALTHY.securityGroups[1]]),
});
const egressPlan = () => planFor("add_instance_egress_443", [EGRESS], noEgress());

Deno.test("FX-2 --auto-fix --safe-only leaves a stopped instance stopped", async () => {
  const consent = { ...NO_CONSENT, autoFix: true, safeOnly: true };
  const done = await apply([await startPlan()], consent);
  assert.deepEqual(states(done), ["start_instance skipped_unsafe"]);
  assert.deepEqual(done.sent, []);
  assert.deepEqual(done.journal, []);
});

Deno.test("FX-3 a profile is attached with approval, and what was worse after is taken back", async () => {
  const look = lookAt({
    "iam:GetInstanceProfile": {
      InstanceProfile: {
        Roles: [{
          Arn: "arn:aws:iam::123456789012:role/ssm-core",
          AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify({
            Statement: [{
              Effect: "Allow",
              Principal: { Service: "ec2.amazonaws.com" },
              Action: "sts:AssumeRole",
            }],
          })),
        }],
      },
    },
    "iam:SimulatePrincipalPolicy": { EvaluationResults: [{ EvalDecision: "allowed" }] },
  });
  const missing = resultFor(instanceProfile, BARE);
  const plan = await planFor("attach_instance_profile", missing.findings, BARE, {
    look,
    options: { instanceProfile: "ssm-core", requested: [], factFolder: undefined },
  });
  assert.deepEqual(plan.preconditions.map(({ state, text }) => `${state}: ${text}`), [
    "ok: a profile is named (--instance-profile NAME)",
    "ok: no association present",
    "ok: profile ssm-core exists and has a role",
    "ok: its role trusts EC2",
    "ok: its role may do what a session needs",
    "unknown: iam:PassRole",
  ]);
  const answer = () => ({ IamInstanceProfileAssociation: { AssociationId: "iip-assoc-7" } });
  const fine = await apply([plan], approve("attach_instance_profile"), {
    answer,
    recheck: () => [resultFor(instanceProfile), resultFor(ssmAgent)],
  });
  assert.deepEqual(states(fine), ["attach_instance_profile verified"]);
  assert.deepEqual(fine.sent, [{
    name: "ec2:AssociateIamInstanceProfile",
    params: { InstanceId: INSTANCE_ID, IamInstanceProfile: { Name: "ssm-core" } },
  }]);
  const undo = {
    service: "ec2",
    action: "DisassociateIamInstanceProfile",
    params: { AssociationId: "iip-assoc-7" },
  };
  assert.deepEqual(fine.results[0]?.rollback, [undo]);
  // The instance itself became critical, which it was not before: back at once.
  const worse = await apply([plan], approve("attach_instance_profile"), {
    answer,
    before: [resultFor(instanceState)],
    recheck: () => [resultFor(instanceState, STOPPED)],
  });
  assert.deepEqual(states(worse), ["attach_instance_profile rolled_back"]);
  assert.deepEqual(worse.sent.map(({ name }) => name), [
    "ec2:AssociateIamInstanceProfile",
    "ec2:DisassociateIamInstanceProfile",
  ]);
  assert.deepEqual(worse.sent[1]?.params, undo.params);
  assert.deepEqual(worse.journal.map(({ event }) => event), [
    "intent",
    "result",
    "rollback_intent",
    "rollback_result",
  ]);
});

Deno.test("FX-4 the same egress rule a second time is already there, and has no way back", async () => {
  const plan = await egressPlan();
  assert.equal(plan.steps.length, 1);
  assert.deepEqual(plan.steps[0]?.params["IpPermissions"], [{
    IpProtocol: "tcp",
    FromPort: 443,
    ToPort: 443,
    UserIdGroupPairs: [{
      GroupId: HEALTHY.securityGroups[1].groupId,
      Description: "ec2-connect: Systems Manager",
    }],
  }]);
  const again = await apply([plan], approve(plan.id), {
    answer: () => {
      throw serviceError("InvalidPermission.Duplicate");
    },
    recheck: () => [],
  });
  assert.deepEqual(states(again), ["add_instance_egress_443 already_done"]);
  assert.deepEqual(again.results[0]?.rollback, []);
  // With facts that show the rule, no call is made at all.
  const shown = await planFor("add_instance_egress_443", [EGRESS]);
  const narrow = await planFor("add_instance_egress_443", [EGRESS], {
    securityGroups: known([
      {
        ...HEALTHY.securityGroups[0],
        egress: [{
          protocol: "tcp",
          ports: { from: 443, to: 443 },
          cidrs: [],
          ipv6Cidrs: [],
          groupIds: [HEALTHY.securityGroups[1].groupId],
          prefixListIds: [],
        }],
      },
    ]),
  });
  assert.equal(shown.isDone, false);
  assert.equal(narrow.isDone, true);
  assert.deepEqual(states(await apply([narrow], approve(narrow.id))), [
    "add_instance_egress_443 already_done",
  ]);
});

Deno.test("FX-5 somebody else starts the instance in between: no call", async () => {
  const done = await apply([await startPlan()], approve("start_instance"), {
    replan: () => planFor("start_instance", stopped().findings),
  });
  assert.deepEqual(states(done), ["start_instance precondition_failed"]);
  assert.deepEqual(done.sent, []);
});

Deno.test("FX-6 an application that times out failed: sent once, and the journal has the intent", async () => {
  const done = await apply([await startPlan()], approve("start_instance"), {
    answer: () => {
      throw new DOMException("The signal has been aborted", "TimeoutError");
    },
  });
  assert.deepEqual(states(done), ["start_instance failed"]);
  assert.equal(done.sent.length, 1);
  const [intent, result] = done.journal;
  assert.equal(intent?.event, "intent");
  assert.equal(intent?.call.action, "StartInstances");
  assert.deepEqual(intent?.rollback, {
    service: "ec2",
    action: "StopInstances",
    params: { InstanceIds: [INSTANCE_ID] },
  });
  assert.equal(result?.event, "result");
  assert.match(result?.error ?? "", /no answer in time/);
});

const DNS_OFF: Partial<Facts> = {
  vpcDns: known({ enableDnsSupport: false, enableDnsHostnames: false }),
};
const dnsPlan = () =>
  planFor(
    "enable_dns_attributes",
    [finding("VPC_DNS_SUPPORT_OFF", "enable_dns_attributes")],
    DNS_OFF,
  );

Deno.test("FX-7 DNS attributes are safe and of the whole VPC: not without --allow-scope vpc", async () => {
  const plan = await dnsPlan();
  const auto = { ...NO_CONSENT, autoFix: true };
  assert.deepEqual(states(await apply([plan], auto)), ["enable_dns_attributes skipped_scope"]);
  const allowed = await apply([plan], { ...auto, allowsVpc: true });
  assert.deepEqual(states(allowed), ["enable_dns_attributes verified"]);
  assert.deepEqual(allowed.sent.map(({ params }) => params), [
    { VpcId: VPC_ID, EnableDnsSupport: { Value: true } },
    { VpcId: VPC_ID, EnableDnsHostnames: { Value: true } },
  ]);
  // Taken back in reverse.
  assert.deepEqual(allowed.results[0]?.rollback.map(({ params }) => params), [
    { VpcId: VPC_ID, EnableDnsHostnames: { Value: false } },
    { VpcId: VPC_ID, EnableDnsSupport: { Value: false } },
  ]);
});

Deno.test("FX-8 without a terminal an unsafe fix needs confirmation; with one, a yes", async () => {
  const plan = await startPlan();
  const auto = { ...NO_CONSENT, autoFix: true };
  assert.deepEqual(states(await apply([plan], auto)), ["start_instance needs_confirmation"]);
  const onTerminal = { ...auto, canAsk: true };
  const no = await apply([plan], onTerminal, { confirm: false });
  assert.deepEqual([states(no), no.asked, no.sent], [
    ["start_instance planned"],
    ["start_instance"],
    [],
  ]);
  const yes = await apply([plan], onTerminal, {
    confirm: true,
    recheck: () => [resultFor(instanceState), resultFor(ssmAgent)],
  });
  assert.deepEqual(states(yes), ["start_instance verified"]);
});

Deno.test("FX-9 a denied application is not_permitted, and the next fix still runs", async () => {
  const plans = [await egressPlan(), await startPlan()];
  const done = await apply(plans, approve("add_instance_egress_443", "start_instance"), {
    answer: (name) => {
      if (name === "ec2:AuthorizeSecurityGroupEgress") {
        throw serviceError("UnauthorizedOperation", 403);
      }
      return {};
    },
    recheck: () => [resultFor(instanceState), resultFor(ssmAgent)],
  });
  assert.deepEqual(states(done), [
    "add_instance_egress_443 not_permitted",
    "start_instance verified",
  ]);
  assert.match(done.results[0]?.note ?? "", /ec2:AuthorizeSecurityGroupEgress is not allowed/);
});

Deno.test("FX-10 a change that has no effect failed; it is looked at until the deadline and not taken back", async () => {
  const off = { ...HEALTHY.vpcEndpoints[0], privateDnsEnabled: false };
  const found = finding("VPCE_PRIVATE_DNS_OFF", "enable_private_dns", {
    resources: [{ type: "vpc-endpoint", id: off.endpointId }],
  });
  const plan = await planFor("enable_private_dns", [found], { vpcEndpoints: known([off]) });
  assert.deepEqual(plan.steps.map(({ params }) => params), [
    { VpcEndpointId: off.endpointId, PrivateDnsEnabled: true },
  ]);
  let looks = 0;
  const open = { ...plan, preconditions: [] };
  const done = await apply([open], approve("enable_private_dns"), {
    recheck: () => {
      looks += 1;
      return [{ ...resultFor(instanceState), id: "vpc_endpoints", findings: [found] }];
    },
  });
  assert.deepEqual(states(done), ["enable_private_dns failed"]);
  assert.equal(done.sent.length, 1);
  assert.ok(looks > 10, `${looks} looks`);
  assert.match(done.results[0]?.note ?? "", /still found: VPCE_PRIVATE_DNS_OFF/);
  assert.deepEqual(done.results[0]?.rollback.map(({ params }) => params), [
    { VpcEndpointId: off.endpointId, PrivateDnsEnabled: false },
  ]);
});

Deno.test("after the first that fails, the others stay planned", async () => {
  const plans = [await startPlan(), await egressPlan()];
  const done = await apply(plans, approve("add_instance_egress_443", "start_instance"), {
    answer: () => {
      throw serviceError("InsufficientInstanceCapacity", 500);
    },
  });
  assert.deepEqual(states(done), ["start_instance failed", "add_instance_egress_443 planned"]);
  assert.equal(done.sent.length, 1);
});

Deno.test("only what AWS did not look at is sent again", async () => {
  let attempts = 0;
  const done = await apply([await startPlan()], approve("start_instance"), {
    answer: () => {
      attempts += 1;
      if (attempts < 3) throw serviceError("RequestLimitExceeded", 503);
      return {};
    },
    recheck: () => [resultFor(instanceState), resultFor(ssmAgent)],
  });
  assert.deepEqual(states(done), ["start_instance verified"]);
  assert.equal(attempts, 3);
});

Deno.test("the agent is waited for after the last fix, and may be late without being a failure", async () => {
  const down = resultFor(ssmAgent, { connection: known("notconnected") });
  const done = await apply([await startPlan()], approve("start_instance"), {
    before: [resultFor(instanceState, STOPPED)],
    recheck: () => [resultFor(instanceState), down],
  });
  assert.deepEqual(states(done), ["start_instance applied"]);
  assert.match(done.results[0]?.note ?? "", /not connected yet/);
});

Deno.test("an agent is updated by a command that is waited for", async () => {
  const old = { node: known({ ...HEALTHY.node, agentVersion: "2.3.0.0" }) };
  const plan = await planFor("update_agent", resultFor(ssmAgent, old).findings, old);
  const answers = ["Pending", "InProgress", "Success"];
  const done = await apply([plan], approve("update_agent"), {
    answer: (name, params) => {
      if (name === "ssm:SendCommand") return { Command: { CommandId: "command-1" } };
      assert.deepEqual(params, { CommandId: "command-1", InstanceId: INSTANCE_ID });
      return { Status: answers.shift() };
    },
    recheck: () => [resultFor(ssmAgent)],
  });
  assert.deepEqual(states(done), ["update_agent verified"]);
  assert.deepEqual(answers, []);
  const failing = await apply([plan], approve("update_agent"), {
    answer: (name) => name === "ssm:SendCommand" ? {} : { Status: "TimedOut" },
  });
  assert.deepEqual(states(failing), ["update_agent failed"]);
  assert.match(failing.results[0]?.note ?? "", /ended as TimedOut/);
});

Deno.test("a port is picked, and the journal knows", async () => {
  const taken = { localPort: known({ ...HEALTHY.localPort, bind: "in_use" as const }) };
  const found = resultFor(localPortAvailability, taken).findings;
  const plan = await planFor("pick_free_port", found, taken);
  const done = await apply([plan], { ...NO_CONSENT, autoFix: true }, {
    answer: () => ({ port: 8081 }),
  });
  assert.deepEqual(states(done), ["pick_free_port verified"]);
  assert.deepEqual(done.results[0]?.answers, [{ port: 8081 }]);
});

Deno.test("decisions: class, scope and consent", async () => {
  const plans: Record<string, FixPlan> = {
    safe: await planFor("wait_running", [], {}),
    vpc: await dnsPlan(),
    unsafe: await startPlan(),
  };
  const manual = { ...plans["unsafe"]!, class: "manual" as const };
  const broken = {
    ...plans["safe"]!,
    preconditions: [{ text: "x", state: "no" as const }],
  };
  const auto = { ...NO_CONSENT, autoFix: true };
  const cases: [FixPlan, typeof NO_CONSENT, string][] = [
    [plans["safe"]!, NO_CONSENT, "needs_confirmation"],
    [plans["safe"]!, { ...NO_CONSENT, canAsk: true }, "ask"],
    [plans["safe"]!, auto, "apply"],
    [plans["vpc"]!, auto, "skipped_scope"],
    [plans["vpc"]!, { ...auto, allowsVpc: true }, "apply"],
    [plans["vpc"]!, approve("enable_dns_attributes"), "apply"],
    [{ ...plans["vpc"]!, scope: "account" }, { ...auto, allowsVpc: true }, "skipped_scope"],
    [plans["unsafe"]!, auto, "needs_confirmation"],
    [plans["unsafe"]!, { ...auto, canAsk: true }, "ask"],
    [plans["unsafe"]!, { ...auto, canAsk: true, safeOnly: true }, "skipped_unsafe"],
    [plans["unsafe"]!, { ...auto, safeOnly: true, approved: ["start_instance"] }, "apply"],
    [plans["unsafe"]!, approve("reboot_instance"), "needs_confirmation"],
    [manual, approve("start_instance"), "manual"],
    [broken, auto, "precondition_failed"],
    [{ ...plans["safe"]!, isDone: true }, auto, "already_done"],
    [{ ...plans["safe"]!, isInteractive: true }, auto, "needs_confirmation"],
  ];
  for (const [plan, consent, expected] of cases) {
    const decision = decide(plan, consent);
    assert.equal(decision, expected, `${plan.id} ${JSON.stringify(consent)}`);
    assert.ok(explainDecision(decision, plan, consent).length > 0);
  }
});

Deno.test("a terminated instance has no fix, and a denied role only a manual one", async () => {
  const context = {
    facts: readerOf(healthyFacts()),
    parameters: healthyParameters(),
    look: blindLook,
    options: { instanceProfile: undefined, requested: [], factFolder: undefined },
    runId: RUN_ID,
  };
  const gone = resultFor(instanceState, { instance: instance({ state: "terminated" }) });
  assert.deepEqual(await planFixes({ results: [gone], causes: [] }, context), []);
  const no = {
    sid: undefined,
    effect: "Deny" as const,
    actions: ["*"],
    notActions: undefined,
    resources: ["*"],
    notResources: undefined,
    principals: undefined,
    notPrincipals: undefined,
    conditions: undefined,
  };
  const refused = resultFor(iamPermissions, {
    rolePermissions: known({
      method: "evaluated",
      policies: [{ name: "no", isInline: true, document: { statements: [no] } }],
      boundary: undefined,
      tried: [],
    }),
  });
  const plans = await planFixes({ results: [refused], causes: [] }, context);
  assert.deepEqual(plans.map((plan) => `${plan.class} ${plan.id}`), ["manual manual_role_policy"]);
  assert.match(plans[0]!.manualSteps.join("\n"), /Smallest policy: \{"Version":"2012-10-17"/);
  assert.deepEqual(states(await apply(plans, approve("manual_role_policy"))), [
    "manual_role_policy planned",
  ]);
});

Deno.test("plans stand in the order of the causes, and a reboot is for an agent without another cause", async () => {
  const lost = resultFor(ssmAgent, { connection: known("notconnected"), node: known(undefined) });
  const bare = resultFor(instanceProfile, BARE);
  const context = {
    facts: readerOf(healthyFacts(BARE)),
    parameters: healthyParameters(),
    look: blindLook,
    options: { instanceProfile: "ssm-core", requested: [], factFolder: undefined },
    runId: RUN_ID,
  };
  const cause = (findingIds: string[]) => ({
    rank: 1,
    certainty: "proven" as const,
    findingIds,
    message: "",
    remediation: [],
  });
  const ids = async (causes: ReturnType<typeof cause>[]) =>
    (await planFixes({ results: [lost, bare], causes }, context)).map(({ id }) => id);
  assert.deepEqual(await ids([cause(bare.findings.map(({ id }) => id))]), [
    "attach_instance_profile",
  ]);
  assert.deepEqual(await ids([]), ["reboot_instance", "attach_instance_profile"]);
});

Deno.test("every plan is data: calls, ways back and tags, for every fix of the catalogue", async () => {
  const endpoint = HEALTHY.vpcEndpoints[0];
  const about = (code: string, id: string) =>
    finding(code, id, { resources: [{ type: "vpc-endpoint", id: endpoint.endpointId }] });
  const closed: Partial<Facts> = {
    securityGroups: known([
      HEALTHY.securityGroups[0],
      { ...HEALTHY.securityGroups[1], ingress: [] },
    ]),
  };
  const ingress = await planFor(
    "add_endpoint_ingress_443",
    [about("SG_ENDPOINT_INGRESS_BLOCKED", "add_endpoint_ingress_443")],
    closed,
  );
  assert.deepEqual(ingress.steps.map(({ action, params }) => [action, params["GroupId"]]), [
    ["AuthorizeSecurityGroupIngress", HEALTHY.securityGroups[1].groupId],
  ]);
  assert.deepEqual(ingress.steps[0]?.params["TagSpecifications"], [{
    ResourceType: "security-group-rule",
    Tags: [
      { Key: "ec2-connect:fix-id", Value: "add_endpoint_ingress_443" },
      { Key: "ec2-connect:run-id", Value: RUN_ID },
    ],
  }]);
  const create = await planFor(
    "create_endpoint",
    [finding("VPCE_MISSING", "create_endpoint")],
    { vpcEndpoints: known([endpoint]) },
  );
  assert.deepEqual(create.steps.map(({ params }) => params["ServiceName"]), [
    "com.amazonaws.us-east-1.ssmmessages",
  ]);
  const token = String(create.steps[0]?.params["ClientToken"]);
  assert.ok(token.length <= 64 && token.includes("ssmmessages"), token);
  assert.deepEqual(
    create.steps[0]?.rollback?.({ VpcEndpoint: { VpcEndpointId: "vpce-9" } }).params,
    { VpcEndpointIds: ["vpce-9"] },
  );
  assert.deepEqual(create.steps[0]?.rollback?.(undefined).params, {
    VpcEndpointIds: ["<from response>"],
  });
  const imds = await planFor("enable_imds", [], {
    instance: instance({ metadata: { httpEndpoint: "disabled", httpTokens: "optional" } }),
  });
  assert.deepEqual(imds.steps[0]?.rollback?.({}).params, {
    InstanceId: INSTANCE_ID,
    HttpEndpoint: "disabled",
    HttpTokens: "optional",
  });
  const egress = await planFor("add_instance_egress_443", [EGRESS], {
    ...noEgress(),
    vpcEndpoints: known([]),
  });
  assert.deepEqual(egress.steps.map(({ params }) => params["IpPermissions"]), [[{
    IpProtocol: "tcp",
    FromPort: 443,
    ToPort: 443,
    IpRanges: [{ CidrIp: "0.0.0.0/0", Description: "ec2-connect: Systems Manager" }],
  }]]);
  const users = lookAt({
    "ec2:DescribeNetworkInterfaces": {
      NetworkInterfaces: [
        { NetworkInterfaceId: "eni-0a000000000000001" },
        { NetworkInterfaceId: "eni-2" },
      ],
    },
  });
  const shared = await planFor("add_instance_egress_443", [EGRESS], noEgress(), { look: users });
  assert.deepEqual(shared.blastRadius, {
    group_id: INSTANCE_GROUP,
    enis: 2,
    other_enis: ["eni-2"],
  });
  for (const definition of FIXES) {
    assert.equal(definition.class === "unsafe", definition.unsafeBecause.length > 0, definition.id);
    assert.equal(definition.verify.length === 0, definition.isOnRequest ?? false, definition.id);
  }
});

Deno.test("waiting ends when it is so, when it cannot come any more, or in time", async () => {
  const running = (InstanceStatus: string, SystemStatus = "ok", state = "running") => ({
    InstanceStatuses: [{
      InstanceState: { Name: state },
      InstanceStatus: { Status: InstanceStatus },
      SystemStatus: { Status: SystemStatus },
    }],
  });
  const auto = { ...NO_CONSENT, autoFix: true };
  const waited = async (answers: Record<string, unknown>[]) => {
    const plan = await planFor("wait_running", []);
    const done = await apply([plan], auto, {
      answer: () => answers.shift() ?? answers.at(-1) ?? {},
    });
    return [states(done)[0], done.results[0]?.note];
  };
  assert.deepEqual(await waited([{}, running("initializing"), running("ok")]), [
    "wait_running verified",
    undefined,
  ]);
  assert.deepEqual(await waited([running("impaired")]), [
    "wait_running failed",
    "a status check failed",
  ]);
  assert.deepEqual(await waited([running("ok", "ok", "stopped")]), [
    "wait_running failed",
    "the instance is stopped",
  ]);
  const never = await apply([await planFor("wait_agent", [])], auto, {
    answer: () => ({ Status: "notconnected" }),
  });
  assert.deepEqual(states(never), ["wait_agent failed"]);
  assert.match(never.results[0]?.note ?? "", /not there yet after 600 s/);
  // Nothing but reading: nothing to write down.
  assert.deepEqual(never.journal, []);
  const there = await apply([await planFor("wait_agent", [])], auto, {
    answer: () => ({ Status: "Connected" }),
    recheck: () => [resultFor(ssmAgent)],
  });
  assert.deepEqual(states(there), ["wait_agent verified"]);
});

Deno.test("only stale sessions of ours are terminated, and a session keeps a reboot away", async () => {
  const session = (sessionId: string, owner: string, status: string) => ({
    sessionId,
    owner,
    status,
    startedAtMs: NOW_MS - 3_600_000,
    document: undefined,
    maxDurationMin: undefined,
  });
  const me = HEALTHY.identity.arn;
  const plan = await planFor("terminate_own_session", [], {
    sessions: known([
      session("alice-1", me, "Disconnected"),
      session("alice-2", me, "Connected"),
      session("bob-1", "arn:aws:iam::123456789012:user/bob", "Disconnected"),
    ]),
  });
  assert.deepEqual(plan.steps.map(({ params }) => params), [{ SessionId: "alice-1" }]);
  const held = {
    sessionId: "alice-2",
    instanceId: INSTANCE_ID,
    localPort: 8080,
    remotePort: 80,
    state: "active",
    hostPid: 1,
    startedAtMs: NOW_MS,
  };
  const reboot = await planFor("reboot_instance", [], { localSessions: known([held]) });
  assert.equal(decide(reboot, approve("reboot_instance")), "precondition_failed");
});
