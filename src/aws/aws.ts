/**
 * Everything that one command asks of AWS.
 *
 * Importing this loads no SDK: what is heavy comes with the first call that needs it, and only the
 * client of that call.
 *
 * @module
 */

import { AppError, messageOf } from "../errors/mod.ts";
import { type Answered, callAws } from "./call.ts";
import { type ClientSettings, COMMON_SETTINGS, credentialSource } from "./client_settings.ts";
import type { PathFacts } from "../platform/mod.ts";
import type { AgentReport } from "./agent_reports.ts";
import type {
  ActiveSession,
  AwsSettings,
  Credentials,
  DataKey,
  DataKeyRequest,
  EnvLookup,
  Instance,
  InstanceLookup,
  InstanceSelector,
  InstanceState,
  PublicKeyRequest,
  SessionLimits,
  SessionService,
} from "./contracts.ts";
import type { CredentialOrigin } from "./credential_origin.ts";
import { clockSkewMs } from "./clock_skew.ts";
import { CredentialCache } from "./credential_cache.ts";
import { isCredentialError } from "./credential_errors.ts";
import type { EndpointError } from "./endpoint_error.ts";
import { MESSAGES_ENDPOINT_VARIABLE, resolveEndpoint } from "./endpoints.ts";
import { environmentCredentials } from "./environment_credentials.ts";
import { translateAwsError } from "./errors.ts";
import { readCaBundle } from "./http.ts";
import { instanceCachePath } from "./instance_cache.ts";
import { collectPages, eachPage, targetOf } from "./instances.ts";
import { Lazy } from "./lazy.ts";
import { chosenProfile, resolveRegion } from "./region.ts";
import { isManagedNodeId } from "./selector.ts";
import { NoSuchDocumentError, NoSuchInstanceError } from "./known_errors.ts";
import { createSessionService } from "./session_service.ts";

/** STS answers for every region; this one is asked when none is chosen. */
const FALLBACK_STS_REGION = "us-east-1";

/** One per command; dispose it when the command ends. */
export class Aws implements InstanceLookup, Disposable {
  /** Chosen by option or `AWS_PROFILE`; undefined: the environment's keys or the default profile. */
  readonly profile: string | undefined;
  readonly #settings: AwsSettings;
  readonly #env: EnvLookup;
  readonly #log: (line: string) => void;
  readonly #credentials: CredentialCache;
  /** Some credential providers keep only the text of what `fetch` threw. */
  #lastFailure: EndpointError | undefined;

  readonly #region = new Lazy(() =>
    resolveRegion({ profile: this.profile, region: this.#settings.region }, this.#env)
  );
  readonly #caBundle = new Lazy(() => readCaBundle(this.#env));
  readonly #requestHandler = new Lazy(async () => {
    const client = (await this.#caBundle.get())?.client;
    const { connectionTimeoutMs, requestTimeoutMs } = this.#settings;
    const { createRequestHandler } = await import("./request_handler.ts");
    return createRequestHandler({
      client,
      connectionTimeoutMs,
      requestTimeoutMs,
      onFailure: (error) => this.#lastFailure = error,
    });
  });
  readonly #ssm = new Lazy(async () => {
    // First what may fail for a missing setting, then what takes long.
    const settings = await this.clientSettings("SSM");
    const { SsmCalls } = await import("./ssm_calls.ts");
    return new SsmCalls(settings);
  });
  readonly #ec2 = new Lazy(async () => {
    const settings = await this.clientSettings("EC2");
    const { Ec2Calls } = await import("./ec2_calls.ts");
    return new Ec2Calls(settings);
  });

  constructor(settings: AwsSettings) {
    this.#settings = settings;
    this.#env = settings.env ?? processEnv;
    this.#log = settings.log ?? (() => {});
    this.profile = chosenProfile(settings.profile, this.#env);
    this.#credentials = new CredentialCache((options) => this.#loadCredentials(options), {
      log: this.#log,
    });
  }

  /** @throws {AppError} `config` when none is set. */
  region(): Promise<string> {
    return this.#region.get();
  }

  /**
   * From the SDK's whole chain, kept until near their end and then renewed.
   *
   * @throws {AppError} `auth` when there are none; `config` for an unknown profile.
   */
  credentials(): Promise<Credentials> {
    return this.#credentials.get();
  }

  /** Where {@link credentials} come from; gets none. */
  async credentialOrigin(): Promise<CredentialOrigin> {
    const { credentialOrigin } = await import("./credential_origin.ts");
    return await credentialOrigin(this.profile, this.#env);
  }

  /** The region that the profile's files name, whatever else is chosen. */
  async profileRegion(): Promise<string | undefined> {
    const { profileRegion } = await import("./region.ts");
    return await profileRegion(this.profile, this.#env);
  }

  /** Address of a service when it is not AWS's own. */
  endpointOverride(service: string): Promise<string | undefined> {
    return this.#endpoint(service);
  }

  /** When the credentials in use end, epoch ms; undefined for long-lived ones. Asks nobody. */
  get credentialsExpireAtMs(): number | undefined {
    return this.#credentials.expiration?.getTime();
  }

  /** With the CA certificates of `AWS_CA_BUNDLE`, for fetch and WebSocket; undefined without it. */
  async httpClient(): Promise<Deno.HttpClient | undefined> {
    return (await this.#caBundle.get())?.client;
  }

  /** The same certificates as PEM, for TLS connections of our own; empty without `AWS_CA_BUNDLE`. */
  async caCertificates(): Promise<string[]> {
    const bundle = await this.#caBundle.get();
    return bundle === undefined ? [] : [bundle.pem];
  }

  /**
   * For any SDK client of this command: `new KMSClient({ ...(await aws.clientSettings("KMS")) })`.
   *
   * @param service As in `AWS_ENDPOINT_URL_<SERVICE>`.
   */
  async clientSettings(service: string): Promise<ClientSettings> {
    const endpoint = await this.#endpoint(service);
    return {
      ...COMMON_SETTINGS,
      region: await this.region(),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(this.profile === undefined ? {} : { profile: this.profile }),
      credentials: credentialSource(() => this.credentials()),
      requestHandler: await this.#requestHandler.get(),
    };
  }

  /**
   * The account's limits on sessions in this region.
   *
   * @throws {AppError} `auth` when its preferences may not be read.
   */
  async sessionLimits(signal: AbortSignal): Promise<SessionLimits> {
    const { limitsOf, DEFAULT_LIMITS, PREFERENCES_DOCUMENT } = await import(
      "./session_preferences.ts"
    );
    const about = { operation: "GetDocument", target: PREFERENCES_DOCUMENT, signal };
    try {
      const answer = await this.#call({ service: "ssm", ...about }, async () => {
        return await (await this.#ssm.get()).getDocument(PREFERENCES_DOCUMENT, signal);
      });
      return limitsOf(answer.Content);
    } catch (error) {
      if (error instanceof NoSuchDocumentError) return DEFAULT_LIMITS;
      throw error;
    }
  }

  sessionService(): SessionService {
    return createSessionService({
      ssm: () => this.#ssm.get(),
      call: (about, send) => this.#call({ service: "ssm", ...about }, send),
      env: (name) =>
        (name === MESSAGES_ENDPOINT_VARIABLE ? this.#settings.messagesEndpointUrl : undefined) ||
        this.#env(name),
    });
  }

  /**
   * Who the credentials belong to, and how far this computer's clock is from AWS's: needs no permission,
   * so it tells whether AWS is reached and takes the credentials.
   *
   * @returns `clockSkewMs` positive when this clock is ahead; undefined when the answer told no time.
   */
  async callerIdentity(
    signal: AbortSignal,
  ): Promise<{ arn: string | undefined; clockSkewMs: number | undefined }> {
    const about = { service: "sts", operation: "GetCallerIdentity", target: undefined, signal };
    const answer = await this.#call(about, async () => {
      const settings = await this.clientSettings("STS");
      const { getCallerIdentity } = await import("./sts_calls.ts");
      return await getCallerIdentity(settings, signal);
    });
    return { arn: answer.Arn, clockSkewMs: clockSkewMs(answer.date, Date.now()) };
  }

  /**
   * The operating system of an instance as its agent reports it: `Amazon Linux`, `Ubuntu`.
   *
   * @returns Undefined when the agent never reported, or is not online.
   * @throws {AppError} `auth` without `ssm:DescribeInstanceInformation`.
   */
  async platformName(instanceId: string, signal: AbortSignal): Promise<string | undefined> {
    const operation = "DescribeInstanceInformation";
    const about = { service: "ssm", operation, target: instanceId, signal };
    const answer = await this.#call(
      about,
      async () => await (await this.#ssm.get()).instanceInformation({ instanceId, signal }),
    );
    return answer.InstanceInformationList?.[0]?.PlatformName;
  }

  /**
   * Has EC2 Instance Connect let a public key in, for a user of an instance and for a minute.
   *
   * @throws {AppError} `auth` without `ec2-instance-connect:SendSSHPublicKey`; `target` when the
   * instance does not run.
   */
  async sendSshPublicKey(request: PublicKeyRequest, signal: AbortSignal): Promise<void> {
    const about = {
      service: "ec2-instance-connect",
      operation: "SendSSHPublicKey",
      target: request.instanceId,
      signal,
    };
    const answer = await this.#call(about, async () => {
      const settings = await this.clientSettings("EC2_INSTANCE_CONNECT");
      const { sendSshPublicKey } = await import("./instance_connect_calls.ts");
      return await sendSshPublicKey(settings, request, signal);
    });
    if (answer.Success === true) return;
    throw new AppError(
      "protocol",
      `Cannot send a public key to ${request.instanceId}: EC2 Instance Connect did not take it`,
      { hint: "Try again; check --endpoint-url and AWS_ENDPOINT_URL, and any proxy" },
    );
  }

  /**
   * A key for one session, from the key that the account's preferences name.
   *
   * @throws {AppError} `auth` when it may not be used; `config` when it is disabled or gone.
   */
  async newDataKey(request: DataKeyRequest, signal: AbortSignal): Promise<DataKey> {
    const about = {
      service: "kms",
      operation: "GenerateDataKey",
      target: request.keyId,
      signal,
    };
    const answer = await this.#call(about, async () => {
      const settings = await this.clientSettings("KMS");
      const { generateDataKey } = await import("./kms_calls.ts");
      return await generateDataKey(settings, request, signal);
    });
    const { Plaintext: plaintext, CiphertextBlob: encrypted } = answer;
    if (plaintext !== undefined && encrypted !== undefined) return { plaintext, encrypted };
    throw new AppError("protocol", "Cannot encrypt the session: KMS gave no data key", {
      why: "Its answer does not follow the API, so something other than KMS may have sent it",
      hint: "Check --endpoint-url and AWS_ENDPOINT_URL_KMS, and any proxy",
    });
  }

  /**
   * All instances that the selector means; terminated ones only when asked for by id.
   *
   * @throws {NoSuchInstanceError} When asked for an id that EC2 does not know.
   */
  async findInstances(selector: InstanceSelector, signal?: AbortSignal): Promise<Instance[]> {
    return (await Array.fromAsync(this.instancePages(selector, signal))).flat();
  }

  /** The same, page after page as they come. @throws As {@link findInstances}. */
  instancePages(
    selector: InstanceSelector,
    signal?: AbortSignal,
  ): AsyncGenerator<Instance[], void, void> {
    const about = { operation: "DescribeInstances", target: targetOf(selector), signal };
    return eachPage("instances", async (token) => {
      const answer = await this.#call({ service: "ec2", ...about }, async () => {
        const calls = await this.#ec2.get();
        return await calls.describePage(selector, { token, signal });
      });
      const { instancesOf } = await import("./ec2_calls.ts");
      return { items: instancesOf(answer), nextToken: answer.NextToken || undefined };
    });
  }

  /**
   * What Systems Manager last heard of the agents in the region, page after page. Instances that do not
   * run, and those whose agent never registered, are not in it.
   *
   * @throws {AppError} `auth` when the caller may not ask: the permission is another than EC2's.
   */
  async *agentPings(signal: AbortSignal): AsyncGenerator<AgentReport[], void, void> {
    const about = {
      service: "ssm",
      operation: "DescribeInstanceInformation",
      target: undefined,
      signal,
    };
    const { agentReportsOf } = await import("./agent_reports.ts");
    yield* eachPage("agents", async (token) => {
      const answer = await this.#call(
        about,
        async () => await (await this.#ssm.get()).instanceInformation({ token, signal }),
      );
      return { items: agentReportsOf(answer), nextToken: answer.NextToken || undefined };
    });
  }

  /** Where the last listing of these instances is remembered; see `instanceCachePath`. */
  async instanceCachePath(facts: PathFacts): Promise<string | undefined> {
    const { endpointUrl } = this.#settings;
    const region = await this.region();
    return await instanceCachePath({ profile: this.profile, region, endpointUrl }, facts);
  }

  /**
   * The sessions that these credentials have started, from any machine, and that are active.
   *
   * A role is one owner for each of its session names: the same person with another name of the
   * role's session is another owner.
   */
  async activeSessions(signal: AbortSignal): Promise<ActiveSession[]> {
    const owner = await this.#callerArn(signal);
    const about = { service: "ssm", operation: "DescribeSessions", target: undefined, signal };
    const { activeSessionsOf } = await import("./active_sessions.ts");
    return await collectPages("sessions", async (token) => {
      const answer = await this.#call(
        about,
        async () => await (await this.#ssm.get()).activeSessions(owner, { token, signal }),
      );
      return { items: activeSessionsOf(answer), nextToken: answer.NextToken || undefined };
    });
  }

  /** For an error about an instance; `unknown` when EC2 has none of that id in the region. */
  async instanceState(
    instanceId: string,
    signal?: AbortSignal,
  ): Promise<InstanceState | "unknown"> {
    if (isManagedNodeId(instanceId)) return "unknown";
    try {
      const [instance] = await this.findInstances({ by: "id", instanceId }, signal);
      return instance?.state ?? "unknown";
    } catch (error) {
      if (error instanceof NoSuchInstanceError) return "unknown";
      throw error;
    }
  }

  /**
   * Headers for the WebSocket upgrade on the stream URL. Empty when the URL is signed already, or
   * when signing fails: the gateway may take the token alone, so that is logged and no reason to stop.
   */
  async signUpgrade(streamUrl: string): Promise<Record<string, string>> {
    try {
      const [{ signedUpgradeHeaders }, credentials, region, ssm] = await Promise.all([
        import("./upgrade_signature.ts"),
        this.credentials(),
        this.region(),
        this.#ssm.peek(),
      ]);
      const date = new Date(Date.now() + (ssm?.clockOffsetMs ?? 0));
      return await signedUpgradeHeaders(streamUrl, { credentials, region, date });
    } catch (error) {
      this.#log(`data channel: upgrade not signed: ${messageOf(error)}`);
      return {};
    }
  }

  /** Closes clients and connections. Calls after it open new ones. */
  close(): void {
    this.#ssm.dispose((calls) => calls.destroy());
    this.#ec2.dispose((calls) => calls.destroy());
    this.#requestHandler.dispose((handler) => handler.destroy());
    this.#caBundle.dispose((bundle) => bundle?.client.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #call<T extends Answered>(
    about: {
      service: string;
      operation: string;
      target: string | undefined;
      signal: AbortSignal | undefined;
    },
    send: () => Promise<T>,
  ): Promise<T> {
    return await callAws({
      ...about,
      region: await this.region(),
      profile: this.profile,
      endpoint: await this.#endpoint(about.service.toUpperCase().replaceAll("-", "_")),
      credentials: this.#credentials,
      log: this.#log,
    }, send);
  }

  async #callerArn(signal: AbortSignal): Promise<string> {
    const about = { service: "sts", operation: "GetCallerIdentity", target: undefined, signal };
    const settings = await this.clientSettings("STS");
    const { callerIdentity, arnOf } = await import("./caller_identity.ts");
    return arnOf(await this.#call(about, () => callerIdentity(settings, signal)));
  }

  #endpoint(service: string): Promise<string | undefined> {
    // As in the AWS CLI, --endpoint-url is about the command's own calls, not about its credentials.
    return resolveEndpoint(service, {
      option: this.#settings.endpointUrl,
      profile: this.profile,
      env: this.#env,
    });
  }

  async #loadCredentials({ isRefresh }: { isRefresh: boolean }): Promise<Credentials> {
    const keys = environmentCredentials(this.profile, this.#env);
    if (keys !== undefined) return keys;
    this.#lastFailure = undefined;
    try {
      const { loadFromChain } = await import("./credential_chain.ts");
      return await loadFromChain({
        profile: this.profile,
        region: await this.region().catch(() => FALLBACK_STS_REGION),
        stsEndpoint: await resolveEndpoint("STS", {
          option: undefined,
          profile: this.profile,
          env: this.#env,
        }),
        requestHandler: await this.#requestHandler.get(),
        env: this.#env,
        promptMfa: this.#settings.promptMfa,
        log: this.#log,
        isRefresh,
      });
    } catch (error) {
      throw translateAwsError(this.#failureBehind(error) ?? error, {
        service: "sts",
        operation: "GetCredentials",
        profile: this.profile,
      });
    }
  }

  #failureBehind(error: unknown): EndpointError | undefined {
    const failure = this.#lastFailure;
    if (failure === undefined || !isCredentialError(error)) return undefined;
    return error.message.includes(failure.message) ? failure : undefined;
  }
}

/** A variable that may not be read is as good as unset. */
function processEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
