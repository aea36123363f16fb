/**
 * Hosts: any process that holds sessions, how it is found, and how it is asked.
 *
 * @module
 */
export { ControlClient, HostGoneError, HostSilentError } from "./control_client.ts";
export { type ControlCall, ControlRefusal } from "./control_server.ts";
export { type HostFile, prepareHostsFolder } from "./host_file.ts";
export type { HostAnswer, HostIdentity } from "./host_routes.ts";
export { SessionRegistry } from "./registry.ts";
export { Host, type HostOptions } from "./serve_host.ts";
export {
  entryOf,
  type ListedState,
  type PolicyLimits,
  type SessionDetails,
  type SessionEntry,
} from "./session_json.ts";
export {
  endedSessionIds,
  type LiveHost,
  type LostHost,
  type SurveyedHost,
  surveyHosts,
  type SurveyOptions,
} from "./survey.ts";
export { forgetLost } from "./forget_lost.ts";
export {
  matchingSessions,
  nameSessions,
  type SelectableSession,
  selectSession,
} from "./select_session.ts";
