/**
 * SSM, AWS JSON 1.1, API version 2014-11-06: sessions and managed instances.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Fleet } from "../fleet.ts";
import type { FaultRegistry } from "../faults/registry.ts";
import { hasEnded, type SessionRecord, type SessionRegistry } from "../session_registry.ts";
import { agentHas, REMOTE_HOST_AGENT_VERSION } from "../agent/version.ts";
import { ApiError, statusOf } from "./api_error.ts";
import type { Principal } from "./credential_store.ts";
import type { JsonRequest } from "./json_request.ts";
import { planSession } from "./ssm_documents.ts";
import { requireShells, settingsOf } from "./ssm_shells.ts";
import { describeInstanceInformation } from "./ssm_instances.ts";
import { getCommandInvocation, sendCommand } from "./ssm_commands.ts";
import { getDocument } from "./ssm_preferences.ts";
import { getServiceSetting, resetServiceSetting, updateServiceSetting } from "./ssm_settings.ts";
import { describeSessions } from "./ssm_sessions.ts";

/** What the operations need of the rest of the sandbox. */
export interface SsmWorld {
  fleet: Fleet;
  sessions: SessionRegistry;
  faults: FaultRegistry;
  /** `ws://…` of the gateway, without a path. */
  gatewayUrl: string;
  /** A session was created: its agent gets ready. */
  start(record: SessionRecord): void;
  /** Why no shells are to be had here; `undefined` where they are. */
  shellRefusal: string | undefined;
  /** Ends a live session: `channel_closed`, agent stopped. */
  terminate(record: SessionRecord): void;
  nowMs(): number;
}

export interface SsmCall {
  request: JsonRequest;
  principal: Principal;
  region: string;
}

type Operation = (call: SsmCall, world: SsmWorld) => Record<string, unknown>;

/** What operations of settings and commands get. */
function inRegion({ request, principal, region }: SsmCall, { fleet, nowMs }: SsmWorld) {
  return {
    request,
    region: fleet.cloud.region(region),
    callerArn: principal.arn,
    nowMs: nowMs(),
  };
}

export const SSM_OPERATIONS: Readonly<Record<string, Operation>> = {
  StartSession: startSession,
  ResumeSession: resumeSession,
  TerminateSession: terminateSession,
  GetConnectionStatus: getConnectionStatus,
  DescribeSessions: ({ request, region }, { sessions }) =>
    describeSessions(request, sessions.all.filter((record) => record.region === region)),
  DescribeInstanceInformation: ({ request, region }, { fleet, nowMs }) =>
    describeInstanceInformation(request, { fleet, region, nowMs: nowMs() }),
  GetDocument: ({ request, region }, { fleet }) =>
    getDocument(request, fleet.cloud.region(region).preferences, fleet.launchedAtMs),
  GetServiceSetting: (call, world) => getServiceSetting(inRegion(call, world)),
  UpdateServiceSetting: (call, world) => updateServiceSetting(inRegion(call, world)),
  ResetServiceSetting: (call, world) => resetServiceSetting(inRegion(call, world)),
  SendCommand: ({ request, region }, { fleet, nowMs }) =>
    sendCommand({ request, fleet, region, nowMs: nowMs() }),
  GetCommandInvocation: ({ request, region }, { fleet, nowMs }) =>
    getCommandInvocation({ request, fleet, region, nowMs: nowMs() }),
};

/** @throws {ApiError} With SSM's codes. */
export function answerSsm(
  operation: string,
  call: SsmCall,
  world: SsmWorld,
): Record<string, unknown> {
  const answer = Object.hasOwn(SSM_OPERATIONS, operation) ? SSM_OPERATIONS[operation] : undefined;
  if (answer === undefined) {
    throw new ApiError("UnknownOperationException", `The operation ${operation} is not emulated`);
  }
  return answer(call, world);
}

function startSession({ request, principal, region }: SsmCall, world: SsmWorld) {
  const target = request.requireString("Target");
  const reason = request.string("Reason");
  if (reason === "" || (reason?.length ?? 0) > 256) {
    throw new ApiError("ValidationException", "Reason must have 1 to 256 characters");
  }
  const { preferences } = world.fleet.cloud.region(region);
  const plan = planSession(
    request.string("DocumentName"),
    request.stringLists("Parameters"),
    preferences,
  );
  if (plan.work.kind !== "port") requireShells(plan.documentName, world.shellRefusal);
  const instance = world.fleet.inRegion(region).find((each) => each.instanceId === target);
  if (instance === undefined || !world.fleet.isConnected(instance)) {
    // One answer for unknown, stopped and unregistered nodes, as the service does.
    throw new ApiError("TargetNotConnected", `${target} is not connected.`);
  }
  const agentVersion = instance.agent.version;
  if (plan.needsRemoteHost && !agentHas("remoteHost", agentVersion)) {
    // The user guide asks for 3.1.1374.0. Older agents know no `host` and would connect to the
    // instance itself. What the service does about that is not documented; refusing is the safe
    // guess, and BadRequest the code it used while it refused such sessions to everybody
    // (amazon-ssm-agent pull request 389). The agent_version fault shows the other possibility.
    throw new ApiError(
      "BadRequest",
      `Port forwarding to a remote host needs SSM Agent ${REMOTE_HOST_AGENT_VERSION} or later; ` +
        `${target} runs ${agentVersion}`,
    );
  }
  const record = world.sessions.create({
    instance,
    region,
    documentName: plan.documentName,
    work: plan.work,
    settings: settingsOf(preferences),
    reason,
    owner: principal.arn,
    startedAtMs: world.nowMs(),
    sessionName: principal.sessionName,
  });
  world.start(record);
  return grant(record, world);
}

function resumeSession({ request, region }: SsmCall, world: SsmWorld) {
  const sessionId = request.requireString("SessionId");
  const record = world.sessions.find(sessionId);
  if (record === undefined || record.region !== region) {
    throw new ApiError("DoesNotExistException", `Session ${sessionId} does not exist`);
  }
  const scope = { instance: record.instance, sessionId };
  const refusal = world.faults.take("refuse_resume", scope);
  if (refusal !== undefined) {
    const code = refusal.code ?? "InternalServerError";
    throw new ApiError(code, "The session cannot be resumed now", refusal.status ?? statusOf(code));
  }
  // A token that is left out says that the session has ended (plugin GetResumeSessionParams).
  const isOver = hasEnded(record) || world.faults.take("resume_without_token", scope) !== undefined;
  return isOver ? { SessionId: sessionId } : grant(record, world);
}

function grant(record: SessionRecord, world: SsmWorld): Record<string, unknown> {
  const { sessionId } = record;
  return {
    SessionId: sessionId,
    StreamUrl: `${world.gatewayUrl}/v1/data-channel/${sessionId}?role=publish_subscribe` +
      `&cell-number=${newCellNumber()}`,
    TokenValue: world.sessions.issueToken(sessionId, world.nowMs()),
  };
}

/** Base64 that always holds a raw `+`, `/` and `=`: the three that careless clients re-encode. */
function newCellNumber(): string {
  return `AA+/${randomBytes(28).toString("base64")}`;
}

function terminateSession({ request, region }: SsmCall, world: SsmWorld) {
  const sessionId = request.requireString("SessionId");
  const record = world.sessions.find(sessionId);
  // The API models no error for a session that is not there.
  if (record !== undefined && record.region === region) world.terminate(record);
  return { SessionId: sessionId };
}

function getConnectionStatus({ request, region }: SsmCall, world: SsmWorld) {
  const target = request.requireString("Target");
  const instance = world.fleet.inRegion(region).find((each) => each.instanceId === target);
  const isConnected = instance !== undefined && world.fleet.isConnected(instance);
  return { Target: target, Status: isConnected ? "connected" : "notconnected" };
}
