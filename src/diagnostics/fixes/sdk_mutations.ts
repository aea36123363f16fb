/**
 * Changes over the SDK: each service's client is loaded and built by its first call.
 *
 * @module
 */

import type { ClientSource } from "../api/sdk_transport.ts";
import type { ClientSettings } from "../../aws/mod.ts";
import type { FixAnswer, FixParams } from "./contracts.ts";
import type { Mutations } from "./mutations.ts";

/** A client of any service. */
interface AnyClient {
  send(command: unknown, options: { abortSignal: AbortSignal }): Promise<unknown>;
  destroy(): void;
}

interface ServiceModule {
  Client: new (settings: ClientSettings) => AnyClient;
  COMMANDS: Readonly<Record<string, new (input: never) => unknown>>;
}

const LOADERS = {
  ec2: () => import("./api/ec2.ts"),
  iam: () => import("./api/iam.ts"),
  ssm: () => import("./api/ssm.ts"),
} as const;

/** One per run; dispose it when the run is over. */
export class SdkMutations implements Mutations, Disposable {
  readonly #source: ClientSource;
  readonly #clients = new Map<string, Promise<AnyClient>>();

  constructor(source: ClientSource) {
    this.#source = source;
  }

  async send(
    service: keyof typeof LOADERS,
    action: string,
    params: FixParams,
    signal: AbortSignal,
  ): Promise<FixAnswer> {
    const { COMMANDS } = await LOADERS[service]() as unknown as ServiceModule;
    const Command = COMMANDS[action];
    if (Command === undefined) throw new TypeError(`${service}:${action} is no call of a fix`);
    const client = await this.#client(service);
    return await client.send(new Command(params as never), { abortSignal: signal }) as FixAnswer;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.then((it) => it.destroy(), () => {});
    this.#clients.clear();
  }

  #client(service: keyof typeof LOADERS): Promise<AnyClient> {
    const client = this.#clients.get(service) ?? this.#build(service);
    this.#clients.set(service, client);
    client.catch(() => this.#clients.delete(service));
    return client;
  }

  async #build(service: keyof typeof LOADERS): Promise<AnyClient> {
    const settings = await this.#source.clientSettings(service.toUpperCase());
    const { Client } = await LOADERS[service]() as unknown as ServiceModule;
    // A change is never sent twice behind our back: `apply.ts` knows when it may be.
    return new Client({ ...settings, maxAttempts: 1 });
  }
}
