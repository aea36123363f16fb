/**
 * The calls of Systems Manager that facts are read with. Heavy: imported by the first of them.
 *
 * @module
 */

import {
  DescribeInstanceInformationCommand,
  DescribeSessionsCommand,
  GetConnectionStatusCommand,
  GetDocumentCommand,
  GetServiceSettingCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";

export { SSMClient as Client };

export const COMMANDS = {
  DescribeInstanceInformation: DescribeInstanceInformationCommand,
  DescribeSessions: DescribeSessionsCommand,
  GetConnectionStatus: GetConnectionStatusCommand,
  GetDocument: GetDocumentCommand,
  GetServiceSetting: GetServiceSettingCommand,
};
