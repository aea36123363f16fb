/**
 * The calls of KMS that facts are read with. Heavy: imported by the first of them.
 *
 * `GenerateDataKey` is only ever sent as a dry run (`readers/session_readers.ts`).
 *
 * @module
 */

import { DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from "@aws-sdk/client-kms";

export { KMSClient as Client };

export const COMMANDS = {
  DescribeKey: DescribeKeyCommand,
  GenerateDataKey: GenerateDataKeyCommand,
};
