/**
 * A sandbox inside the test's process, and signed requests to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import {
  type Sandbox,
  type SandboxInstance,
  type SandboxOptions,
  startSandbox,
} from "../../src/sandbox/mod.ts";

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** How a request differs from a good one. */
export interface RequestOptions {
  keys?: Keys;
  region?: string;
  /** Service of the signature's scope. */
  scope?: string;
  signingDate?: Date;
  isUnsigned?: boolean;
}

export interface ApiAnswer {
  status: number;
  text: string;
  headers: Headers;
}

interface JsonAnswer {
  status: number;
  // deno-lint-ignore no-explicit-any
  json: any;
}

export interface SessionGrant {
  SessionId: string;
  StreamUrl: string;
  TokenValue: string;
}

export class TestSandbox implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly log: string[];

  constructor(sandbox: Sandbox, log: string[]) {
    this.sandbox = sandbox;
    this.log = log;
  }

  /** The first instance of that Name or scenario. */
  instance(nameOrScenario: string): SandboxInstance {
    const found = this.sandbox.instances.find((instance) =>
      instance.name === nameOrScenario || instance.scenario === nameOrScenario
    );
    assert.ok(found !== undefined, `no instance "${nameOrScenario}"`);
    return found;
  }

  /** A call of the SSM API; the answer is whatever JSON came. */
  ssm(operation: string, body: unknown, options: RequestOptions = {}): Promise<JsonAnswer> {
    return this.#callJson("ssm", `AmazonSSM.${operation}`, body, options);
  }

  /** A call of the KMS API. */
  kms(operation: string, body: unknown): Promise<JsonAnswer> {
    return this.#callJson("kms", `TrentService.${operation}`, body, {});
  }

  /** A call of a query API. */
  query(
    service: "ec2" | "sts",
    parameters: Record<string, string>,
    options: RequestOptions = {},
  ): Promise<ApiAnswer> {
    const version = service === "ec2" ? "2016-11-15" : "2011-06-15";
    return this.#send({
      service,
      body: new URLSearchParams({ Version: version, ...parameters }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }, options);
  }

  /** Starts a port session on a healthy instance, unless told otherwise. */
  async startSession(
    options: { target?: string; document?: string; parameters?: Record<string, string[]> } = {},
  ): Promise<SessionGrant> {
    const { status, json } = await this.ssm("StartSession", {
      Target: options.target ?? this.instance("healthy").instanceId,
      DocumentName: options.document ?? "AWS-StartPortForwardingSession",
      Parameters: options.parameters ?? {},
    });
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  /** The snapshot of a session, the newest by default. */
  session(sessionId?: string) {
    const sessions = this.sandbox.sessions();
    const found = sessionId === undefined
      ? sessions.at(-1)
      : sessions.find((session) => session.sessionId === sessionId);
    assert.ok(found !== undefined);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.stop();
  }

  async #callJson(
    service: string,
    target: string,
    body: unknown,
    options: RequestOptions,
  ): Promise<JsonAnswer> {
    const { status, text } = await this.#send({
      service,
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
    }, options);
    return { status, json: JSON.parse(text) };
  }

  async #send(
    request: { service: string; body: string; headers: Record<string, string> },
    options: RequestOptions,
  ): Promise<ApiAnswer> {
    const url = new URL(this.sandbox.endpointUrl);
    let headers: Record<string, string> = { host: url.host, ...request.headers };
    if (!options.isUnsigned) {
      const signer = new SignatureV4({
        service: options.scope ?? request.service,
        region: options.region ?? this.sandbox.region,
        credentials: options.keys ?? this.sandbox.credentials,
        sha256: Sha256,
      });
      const signed = await signer.sign({
        method: "POST",
        protocol: url.protocol,
        hostname: url.hostname,
        port: Number(url.port),
        path: "/",
        headers,
        body: request.body,
      }, { signingDate: options.signingDate ?? new Date() });
      headers = signed.headers;
    }
    const { host: _host, ...sent } = headers;
    const answer = await fetch(url, { method: "POST", headers: sent, body: request.body });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }
}

/** Shells print at once, and say at once that they cannot. */
export const QUICK_SHELLS = { firstOutputMs: 5, startFailureMs: 5 };

/** Starts a sandbox on a free port, unpaced, with quick shells; the test disposes it. */
export async function openSandbox(options: SandboxOptions = {}): Promise<TestSandbox> {
  const log: string[] = [];
  const sandbox = await startSandbox({
    agentPacing: false,
    log: (line) => log.push(line),
    ...options,
    timing: { ...QUICK_SHELLS, ...options.timing },
  });
  return new TestSandbox(sandbox, log);
}
