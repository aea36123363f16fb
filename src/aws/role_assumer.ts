/**
 * Assuming roles for the credential chain.
 *
 * In place of the SDK's own assumer, which would look for STS at the wrong profile's endpoint and
 * give its errors no name.
 *
 * @module
 */

import type {
  AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommandInput,
  Credentials as StsCredentials,
} from "@aws-sdk/client-sts";
import type { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { AppError } from "../errors/mod.ts";
import { COMMON_SETTINGS } from "./client_settings.ts";
import type { Credentials } from "./contracts.ts";
import { translateAwsError } from "./errors.ts";

/** Where and how STS is asked. */
export interface StsAccess {
  profile: string | undefined;
  region: string;
  /** Undefined for AWS's own address. */
  stsEndpoint: string | undefined;
  requestHandler: FetchHttpHandler;
}

/** The two functions that the SDK's chain accepts as its role assumers. */
export interface RoleAssumer {
  withKeys(source: Credentials, input: AssumeRoleCommandInput): Promise<Credentials>;
  withWebIdentity(input: AssumeRoleWithWebIdentityCommandInput): Promise<Credentials>;
}

/** Loads STS when first called. Failures are `AppError`s that name the role. */
export function createRoleAssumer(access: StsAccess): RoleAssumer {
  const connect = async (source: Credentials) => {
    const { STSClient } = await import("@aws-sdk/client-sts");
    return new STSClient({
      ...COMMON_SETTINGS,
      region: access.region,
      ...(access.stsEndpoint === undefined ? {} : { endpoint: access.stsEndpoint }),
      ...(access.profile === undefined ? {} : { profile: access.profile }),
      credentials: source,
      requestHandler: access.requestHandler,
    });
  };
  const explain = (error: unknown, operation: string, role: string | undefined) =>
    translateAwsError(error, {
      service: "sts",
      operation,
      region: access.region,
      profile: access.profile,
      endpoint: access.stsEndpoint,
      target: role,
    });
  return {
    async withKeys(source, input) {
      const { AssumeRoleCommand } = await import("@aws-sdk/client-sts");
      const sts = await connect(source);
      try {
        return fromSts((await sts.send(new AssumeRoleCommand(input))).Credentials, input.RoleArn);
      } catch (error) {
        throw explain(error, "AssumeRole", input.RoleArn);
      } finally {
        sts.destroy();
      }
    },
    async withWebIdentity(input) {
      const { AssumeRoleWithWebIdentityCommand } = await import("@aws-sdk/client-sts");
      // This call is not signed: the token in it is the proof.
      const sts = await connect({ accessKeyId: "", secretAccessKey: "" });
      try {
        const answer = await sts.send(new AssumeRoleWithWebIdentityCommand(input));
        return fromSts(answer.Credentials, input.RoleArn);
      } catch (error) {
        throw explain(error, "AssumeRoleWithWebIdentity", input.RoleArn);
      } finally {
        sts.destroy();
      }
    },
  };
}

function fromSts(answer: StsCredentials | undefined, role: string | undefined): Credentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer ?? {};
  if (!AccessKeyId || !SecretAccessKey) {
    throw new AppError("protocol", `Cannot assume role ${role ?? ""}: STS answered without keys`);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken ? { sessionToken: SessionToken } : {}),
    ...(Expiration ? { expiration: Expiration } : {}),
  };
}
