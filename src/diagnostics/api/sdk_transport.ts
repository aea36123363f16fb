/**
 * The transport over the SDK: each service's client is loaded and built by its first call.
 *
 * @module
 */

import type { ClientSettings } from "../../aws/mod.ts";
import type {
  ActionOf,
  AnswerTime,
  ApiInput,
  ApiOutput,
  ApiTransport,
  SendOptions,
  ServiceName,
} from "./transport.ts";

/** What of AWS it builds clients from; `Aws` is one. */
export interface ClientSource {
  clientSettings(service: string): Promise<ClientSettings>;
}

/** The SDK's handler, as far as it is looked through. */
interface AnswerHead {
  response: { headers: Record<string, string> };
}

/** A client of any service. */
interface AnyClient {
  send(command: unknown, options: { abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

interface ServiceModule {
  Client: new (settings: ClientSettings) => AnyClient;
  COMMANDS: Readonly<Record<string, new (input: never) => unknown>>;
}

const LOADERS: Readonly<Record<ServiceName, () => Promise<unknown>>> = {
  ec2: () => import("./ec2.ts"),
  ssm: () => import("./ssm.ts"),
  iam: () => import("./iam.ts"),
  sts: () => import("./sts.ts"),
  kms: () => import("./kms.ts"),
};

/** One per run; dispose it when the run is over. */
export class SdkTransport implements ApiTransport, Disposable {
  readonly #source: ClientSource;
  readonly #epochMs: () => number;
  readonly #onAnswer: (time: AnswerTime) => void;
  readonly #clients = new Map<string, Promise<AnyClient>>();

  /** @param onAnswer Hears of every answer, also of refusals. */
  constructor(
    source: ClientSource,
    options: { epochMs: () => number; onAnswer: (time: AnswerTime) => void },
  ) {
    this.#source = source;
    this.#epochMs = options.epochMs;
    this.#onAnswer = options.onAnswer;
  }

  async send<S extends ServiceName, A extends ActionOf<S>>(
    service: S,
    action: A,
    input: ApiInput<S, A>,
    options: SendOptions,
  ): Promise<ApiOutput<S, A>> {
    const { COMMANDS } = await LOADERS[service]() as ServiceModule;
    const client = await this.#client(service, options.region);
    const command = new COMMANDS[action]!(input as never);
    const answer = await client.send(command, { abortSignal: options.signal });
    return answer as ApiOutput<S, A>;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.then((it) => it.destroy(), () => {});
    this.#clients.clear();
  }

  #client(service: ServiceName, region: string | undefined): Promise<AnyClient> {
    const key = `${service} ${region ?? ""}`;
    const existing = this.#clients.get(key);
    if (existing !== undefined) return existing;
    const client = this.#build(service, region);
    this.#clients.set(key, client);
    client.catch(() => this.#clients.delete(key));
    return client;
  }

  async #build(service: ServiceName, region: string | undefined): Promise<AnyClient> {
    const settings = await this.#source.clientSettings(service.toUpperCase());
    const { Client } = await LOADERS[service]() as ServiceModule;
    return new Client({
      ...settings,
      ...(region === undefined ? {} : { region }),
      // Attempts are counted and paced here, over all services alike (`caller.ts`).
      maxAttempts: 1,
      requestHandler: this.#listened(service, settings.requestHandler),
    });
  }

  /** The same handler, which tells the time of each answer. */
  #listened(
    service: ServiceName,
    inner: ClientSettings["requestHandler"],
  ): ClientSettings["requestHandler"] {
    const tell = this.#onAnswer;
    const epochMs = this.#epochMs;
    return new Proxy(inner, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        // The handler belongs to the command and is closed with it, not with one client.
        if (name === "destroy") return () => {};
        if (name !== "handle") return typeof value === "function" ? value.bind(target) : value;
        return async (...args: unknown[]) => {
          const sentAtMs = epochMs();
          const answer = await Reflect.apply(value as () => Promise<AnswerHead>, target, args);
          const date = answer.response.headers["date"];
          tell({ service, date, sentAtMs, answeredAtMs: epochMs() });
          return answer;
        };
      },
    });
  }
}
