/**
 * The SDK's own clients against an endpoint of a test: their requests, their reading of the answers.
 *
 * @module
 */
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import type { Keys } from "./sandbox.ts";

export interface SdkOptions {
  endpoint: string;
  region: string;
  credentials: Keys;
}

/** One client of each service; dispose them together. */
export class Sdk implements Disposable {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;

  constructor(options: SdkOptions) {
    const settings = { ...options, maxAttempts: 1 };
    this.ec2 = new EC2Client(settings);
    this.iam = new IAMClient(settings);
    this.kms = new KMSClient(settings);
    this.ssm = new SSMClient(settings);
    this.sts = new STSClient(settings);
  }

  [Symbol.dispose](): void {
    for (const client of [this.ec2, this.iam, this.kms, this.ssm, this.sts]) client.destroy();
  }
}

/** What a call was refused with. */
export interface Refusal {
  code: string;
  status: number | undefined;
  message: string;
}

/** The refusal that `call` ends with; `undefined` when it succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { name, message, $metadata } = error as Error & {
      $metadata?: { httpStatusCode?: number };
    };
    return { code: name, status: $metadata?.httpStatusCode, message };
  }
}
