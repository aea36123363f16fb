/**
 * An emulated AWS on loopback: EC2, EC2 Instance Connect, IAM, KMS, SSM and STS APIs, the message
 * gateway and an agent per instance, whose network and permissions decide whether it is connected.
 *
 * Written from the protocol, never from what this project's client sends, so that other clients (the
 * AWS CLI with session-manager-plugin) work with it too. Faults: see `faults/fault.ts`.
 *
 * @module
 */
export type {
  FaultControls,
  Sandbox,
  SandboxCredentials,
  SandboxInstance,
  SandboxOptions,
  SandboxServices,
  SessionCounters,
  SessionSnapshot,
} from "./contracts.ts";
export type { ActiveFault, Fault, FaultResult, GarbageKind } from "./faults/fault.ts";
export { listScenarios, SCENARIO_NAMES, type ScenarioSummary } from "./scenarios/catalogue.ts";
export type { ExpectedCause } from "./scenarios/scenario.ts";
export { startSandbox } from "./sandbox.ts";
export { DEFAULT_TIMING, type SandboxTiming } from "./timing.ts";
