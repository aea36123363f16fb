/**
 * The instance as Systems Manager sees it (F6-F8).
 *
 * @module
 */

import { FactFailure } from "../api/fact_failure.ts";
import type { HostManagementSetting, ManagedNode } from "../facts/instance.ts";
import { foreignAnswer } from "./account_readers.ts";
import { allPages, epochMs, next, type ReadContext, type Readers } from "./reader.ts";

export const nodeReaders: Pick<Readers, "node" | "connection" | "hostManagement"> = {
  node: readNode,
  connection: readConnection,
  hostManagement: readHostManagement,
};

/** Source: Systems Manager User Guide, Default Host Management Configuration. */
const HOST_MANAGEMENT_SETTING = "/ssm/managed-instance/default-ec2-instance-management-role";

async function readNode(context: ReadContext): Promise<ManagedNode | undefined> {
  const { instanceId } = context.parameters;
  const action = "ssm:DescribeInstanceInformation";
  try {
    const nodes = await allPages(async (token) => {
      const answer = await context.call("ssm", "DescribeInstanceInformation", {
        Filters: [{ Key: "InstanceIds", Values: [instanceId] }],
        ...next(token),
      });
      if (answer.InstanceInformationList === undefined) throw foreignAnswer(action);
      return { items: answer.InstanceInformationList, next: answer.NextToken };
    });
    const found = nodes.find(({ InstanceId }) => InstanceId === instanceId);
    if (found === undefined) return undefined;
    const { PlatformType, IsLatestVersion } = found;
    return {
      pingStatus: (found.PingStatus ?? "").toLowerCase(),
      lastPingAtMs: epochMs(found.LastPingDateTime),
      agentVersion: found.AgentVersion ?? "",
      isLatestVersion: IsLatestVersion,
      platformType: PlatformType,
      platformName: found.PlatformName,
      platformVersion: found.PlatformVersion,
    };
  } catch (error) {
    // The service says InvalidInstanceId of ids that are not yours, and of those that never came.
    if (error instanceof FactFailure && error.isNotFound) return undefined;
    throw error;
  }
}

async function readConnection(context: ReadContext): Promise<string> {
  const { instanceId } = context.parameters;
  const answer = await context.call("ssm", "GetConnectionStatus", { Target: instanceId });
  if (answer.Status === undefined) throw foreignAnswer("ssm:GetConnectionStatus");
  return answer.Status.toLowerCase();
}

async function readHostManagement(context: ReadContext): Promise<HostManagementSetting> {
  try {
    const answer = await context.call("ssm", "GetServiceSetting", {
      SettingId: HOST_MANAGEMENT_SETTING,
    });
    const setting = answer.ServiceSetting;
    if (setting === undefined) throw foreignAnswer("ssm:GetServiceSetting");
    const value = setting.SettingValue ?? "";
    return {
      supported: true,
      // "$None" is how the API writes off, the empty text how the console leaves it.
      roleName: value === "" || value === "$None" ? undefined : value,
      status: setting.Status ?? "",
      lastModifiedAtMs: epochMs(setting.LastModifiedDate),
    };
  } catch (error) {
    if (error instanceof FactFailure && error.isNotFound) return { supported: false };
    throw error;
  }
}
