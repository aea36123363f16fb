/**
 * Service settings: of them, the role of Default Host Management Configuration.
 *
 * @module
 */
import { ACCOUNT_ID } from "../cloud/ids.ts";
import { NO_HOST_MANAGEMENT, type RegionCloud } from "../cloud/region.ts";
import { ApiError } from "./api_error.ts";
import type { JsonRequest } from "./json_request.ts";

export const HOST_MANAGEMENT_SETTING = "/ssm/managed-instance/default-ec2-instance-management-role";

export function settingArn(region: string): string {
  return `arn:aws:ssm:${region}:${ACCOUNT_ID}:servicesetting${HOST_MANAGEMENT_SETTING}`;
}

interface SettingCall {
  request: JsonRequest;
  region: RegionCloud;
  callerArn: string;
  nowMs: number;
}

export function getServiceSetting(call: SettingCall): Record<string, unknown> {
  checkId(call);
  return { ServiceSetting: describe(call.region) };
}

export function updateServiceSetting(call: SettingCall): Record<string, unknown> {
  checkId(call);
  const value = call.request.requireString("SettingValue");
  call.region.hostManagement = {
    value,
    modifiedAtMs: call.nowMs,
    modifiedBy: call.callerArn,
  };
  return {};
}

export function resetServiceSetting(call: SettingCall): Record<string, unknown> {
  checkId(call);
  call.region.hostManagement = {
    value: NO_HOST_MANAGEMENT,
    modifiedAtMs: call.nowMs,
    modifiedBy: call.callerArn,
  };
  return { ServiceSetting: describe(call.region) };
}

/** Settings are named by id, or by ARN. */
function checkId({ request, region }: SettingCall): void {
  const id = request.requireString("SettingId");
  if (id === HOST_MANAGEMENT_SETTING || id === settingArn(region.name)) return;
  throw new ApiError("ServiceSettingNotFound", `Setting ${id} is not found.`);
}

function describe(region: RegionCloud): Record<string, unknown> {
  const { value, modifiedAtMs, modifiedBy } = region.hostManagement;
  return {
    SettingId: HOST_MANAGEMENT_SETTING,
    SettingValue: value,
    ...(modifiedAtMs !== undefined && { LastModifiedDate: modifiedAtMs / 1000 }),
    LastModifiedUser: modifiedBy,
    ARN: settingArn(region.name),
    Status: value === NO_HOST_MANAGEMENT ? "Default" : "Customized",
  };
}
