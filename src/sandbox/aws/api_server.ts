/**
 * The HTTP endpoint: EC2, EC2 Instance Connect, IAM, KMS, SSM and STS on one address; beside them the
 * fault API, and the metadata that instances see.
 *
 * @module
 */
import type { FaultControls } from "../contracts.ts";
import { answerFaultApi, FAULT_PATH } from "../faults/fault_api.ts";
import { type ApiCall, identifyCall, readBody } from "./api_call.ts";
import { ApiError, signatureError, statusOf } from "./api_error.ts";
import { authorize, type Caller } from "./authorize.ts";
import type { CredentialStore } from "./credential_store.ts";
import { answerEc2 } from "./ec2/ec2.ts";
import {
  answerInstanceConnect,
  answerMetadata,
  METADATA_PATH,
  PushedKeys,
} from "./ec2_instance_connect.ts";
import { answerIam } from "./iam/iam.ts";
import { JsonRequest } from "./json_request.ts";
import { answerKms } from "./kms.ts";
import {
  ec2Response,
  errorResponse,
  htmlResponse,
  jsonResponse,
  queryResponse,
} from "./responses.ts";
import { verifySignature } from "./sigv4.ts";
import { answerSsm, type SsmWorld } from "./ssm.ts";
import { answerSts } from "./sts.ts";

export interface ApiWorld extends SsmWorld {
  credentials: CredentialStore;
  controls: FaultControls;
  /** An instance left its running system: its sessions end. */
  onInstanceDown(instanceId: string): void;
  log(line: string): void;
}

export class ApiServer {
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #world: ApiWorld;
  /** Lets go of requests that a fault holds back. */
  readonly #held = new Set<() => void>();
  readonly #pushedKeys = new PushedKeys();

  constructor(world: ApiWorld, address: { hostname: string; port: number }) {
    this.#world = world;
    this.#server = Deno.serve({
      ...address,
      onListen() {},
      onError: (error) => {
        world.log(`the sandbox failed: ${error instanceof Error ? error.stack : error}`);
        return new Response("The sandbox failed\n", { status: 500 });
      },
    }, (request) => this.#answer(request));
    this.port = this.#server.addr.port;
  }

  async stop(): Promise<void> {
    for (const release of this.#held) release();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === FAULT_PATH || pathname.startsWith(`${FAULT_PATH}/`)) {
      return await answerFaultApi(request, this.#world.controls);
    }
    if (pathname.startsWith(`${METADATA_PATH}/`)) {
      return answerMetadata(pathname, this.#pushedKeys, this.#world.nowMs());
    }
    const body = await readBody(request);
    if (body === undefined) return new Response("The request is too large\n", { status: 413 });
    const call = identifyCall(request, body);
    if (call === undefined) {
      return new Response(
        "This endpoint serves EC2, EC2 Instance Connect, IAM, KMS, SSM and STS\n",
        {
          status: 404,
        },
      );
    }
    await this.#holdBack(call);
    const response = this.#respond(call);
    // The services' clock: clients correct their own by this header.
    response.headers.set("date", new Date(this.#world.nowMs()).toUTCString());
    return response;
  }

  async #holdBack(call: ApiCall): Promise<void> {
    const { faults, log } = this.#world;
    const { operation } = call;
    if (faults.takeApi("hang_api", call) !== undefined) {
      log(`${operation}: left without an answer`);
      await this.#hold();
    }
    const delay = faults.takeApi("delay_api", call);
    if (delay !== undefined) await this.#hold(delay.ms);
  }

  /**
   * Until `delayMs` are over or the sandbox stops. A client that leaves is not noticed: asking Deno for
   * the request's signal costs every user of the sandbox a warning.
   */
  async #hold(delayMs?: number): Promise<void> {
    const released = Promise.withResolvers<void>();
    const release = () => released.resolve();
    const timer = delayMs === undefined ? undefined : setTimeout(release, delayMs);
    this.#held.add(release);
    await released.promise;
    this.#held.delete(release);
    clearTimeout(timer);
  }

  #respond(call: ApiCall): Response {
    const { log } = this.#world;
    try {
      const response = this.#perform(call);
      log(`${call.service} ${call.operation}: 200`);
      return response;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      log(`${call.service} ${call.operation}: ${error.status} ${error.code}`);
      return errorResponse(call.service, error);
    }
  }

  /** @throws {ApiError} */
  #perform(call: ApiCall): Response {
    const world = this.#world;
    const { service, operation, signed } = call;
    const verdict = verifySignature(signed, { store: world.credentials, nowMs: world.nowMs() });
    if (!verdict.ok) throw signatureError(service, verdict);
    if (verdict.service !== service) {
      // Good for another service is not good here.
      throw signatureError(service, {
        ok: false,
        problem: "bad_signature",
        detail: `signed for ${verdict.service}`,
      });
    }
    if (world.faults.takeApi("html_answer", call) !== undefined) return htmlResponse(200);
    const fault = world.faults.takeApi("api_error", call);
    if (fault !== undefined) {
      const status = fault.status ?? statusOf(fault.code);
      throw new ApiError(fault.code, fault.message ?? "Asked for by a fault", status);
    }
    const { fleet, faults } = world;
    authorize(call, verdict, { iam: fleet.cloud.iam, fleet, denials: faults.denials });
    const response = this.#answerService(call, verdict);
    // Whatever was changed, agents notice at once.
    if (!/^(Describe|Get|List|Simulate)/.test(operation)) fleet.cloud.settle(world.nowMs());
    return response;
  }

  /** @throws {ApiError} */
  #answerService(call: ApiCall, { region, principal }: Caller): Response {
    const world = this.#world;
    const { service, operation, parameters, signed } = call;
    const { fleet, credentials: store } = world;
    const { cloud } = fleet;
    const nowMs = world.nowMs();
    switch (service) {
      case "ssm": {
        const request = JsonRequest.parse(signed.body);
        return jsonResponse(answerSsm(operation, { request, principal, region }, world));
      }
      case "kms":
        return jsonResponse(
          answerKms(operation, JsonRequest.parse(signed.body), cloud.region(region)),
        );
      case "ec2-instance-connect":
        return jsonResponse(
          answerInstanceConnect(operation, {
            request: JsonRequest.parse(signed.body),
            fleet,
            region,
            callerArn: principal.arn,
            keys: this.#pushedKeys,
            nowMs,
          }),
        );
      case "ec2":
        return ec2Response(
          operation,
          answerEc2(operation, {
            parameters,
            fleet,
            cloud,
            region: cloud.region(region),
            nowMs,
            onInstanceDown: world.onInstanceDown,
          }),
        );
      case "iam":
        return queryResponse(
          service,
          operation,
          answerIam(operation, {
            parameters,
            iam: cloud.iam,
            callerDenials: world.faults.denials,
            nowMs,
          }),
        );
      case "sts":
        return queryResponse(
          service,
          operation,
          answerSts(operation, { parameters, principal, store, iam: cloud.iam, nowMs }),
        );
      default:
        return service satisfies never;
    }
  }
}
