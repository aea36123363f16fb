/**
 * What the diagnosis asks AWS with: a call by service and name, its answer, nothing else.
 *
 * @module
 */

/** Every call that there is. All of them read, except KMS's dry run. */
export interface ApiCommands {
  ec2: typeof import("./ec2.ts").COMMANDS;
  ssm: typeof import("./ssm.ts").COMMANDS;
  iam: typeof import("./iam.ts").COMMANDS;
  sts: typeof import("./sts.ts").COMMANDS;
  kms: typeof import("./kms.ts").COMMANDS;
}

export type ServiceName = keyof ApiCommands;
export type ActionOf<S extends ServiceName> = keyof ApiCommands[S] & string;

export type ApiInput<S extends ServiceName, A extends ActionOf<S>> = ApiCommands[S][A] extends
  new (...input: never) => { readonly input: infer I } ? I : never;

export type ApiOutput<S extends ServiceName, A extends ActionOf<S>> = ApiCommands[S][A] extends
  new (...input: never) => {
    resolveMiddleware(...args: never): (args: never) => Promise<{ output: infer O }>;
  } ? O
  : never;

/** When an answer came, and what time its sender believed it to be. */
export interface AnswerTime {
  service: ServiceName;
  /** The `Date` header; undefined without one. */
  date: string | undefined;
  /** Epoch milliseconds of this computer, around the request. */
  sentAtMs: number;
  answeredAtMs: number;
}

export interface SendOptions {
  signal: AbortSignal;
  /** Another Region than the command's. */
  region?: string | undefined;
}

/** Sends one request, once. Failures are the SDK's. */
export interface ApiTransport {
  send<S extends ServiceName, A extends ActionOf<S>>(
    service: S,
    action: A,
    input: ApiInput<S, A>,
    options: SendOptions,
  ): Promise<ApiOutput<S, A>>;
}
