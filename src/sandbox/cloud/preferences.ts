/**
 * The account's preferences for sessions.
 *
 * @module
 */

/** As the console saves them. Source: Session Manager user guide, "Session document schema". */
export interface SessionPreferences {
  /** Minutes, 1 to 60, as text; empty for the default. */
  idleSessionTimeout: string;
  /** Minutes, 1 to 1440, as text; empty for none. */
  maxSessionDuration: string;
  /** Key id, ARN or alias; empty for no encryption of its own. */
  kmsKeyId: string;
  runAsEnabled: boolean;
  runAsDefaultUser: string;
  /** Typed into every shell on Linux when it starts; empty for nothing. */
  shellProfile: string;
}

/** What an account that has opened the console's preferences page once has. */
export const DEFAULT_PREFERENCES: Readonly<SessionPreferences> = {
  idleSessionTimeout: "20",
  maxSessionDuration: "",
  kmsKeyId: "",
  runAsEnabled: false,
  runAsDefaultUser: "",
  shellProfile: "",
};
