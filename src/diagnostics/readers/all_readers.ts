/**
 * A reader for every fact. Light to import but for what it probes with.
 *
 * @module
 */

import { accountReaders, type LocalAccount } from "./account_readers.ts";
import { endpointReaders } from "./endpoint_readers.ts";
import { iamReaders } from "./iam_readers.ts";
import { instanceReaders } from "./instance_readers.ts";
import { nodeReaders } from "./node_readers.ts";
import type { Readers } from "./reader.ts";
import { sessionReaders } from "./session_readers.ts";
import { vpcReaders } from "./vpc_readers.ts";

/** Facts that AWS has no part in. */
export type LocalReaders = Pick<
  Readers,
  "localSessions" | "clientProbes" | "localPort" | "localTools"
>;

export function allReaders(account: LocalAccount, local: LocalReaders): Readers {
  return {
    ...accountReaders(account),
    ...instanceReaders,
    ...nodeReaders,
    ...iamReaders,
    ...vpcReaders,
    ...endpointReaders,
    ...sessionReaders,
    ...local,
  };
}
