/**
 * F23: whether this computer reaches the service endpoints: name, TCP, TLS. Sends no request of AWS.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { endpointErrorOf } from "../../aws/mod.ts";
import { messageOf } from "../../errors/mod.ts";
import type { ClientProbe, ProbeOutcome } from "../facts/local.ts";
import { serviceHost } from "../network/services.ts";
import type { Partition } from "../parameters.ts";

/** Source: amazon-ssm-agent, connectivity_check.go, allows 3 s through a proxy. */
const STAGE_TIMEOUT_MS = 3_000;

export interface ProbeTarget {
  service: ClientProbe["service"];
  host: string;
  port: number;
  isTls: boolean;
  /** Proxy for this host; undefined: direct. */
  proxy: string | undefined;
}

/** What a probe uses of the system. Each part may throw; names and codes decide which stage failed. */
export interface ProbeParts {
  resolve(host: string): Promise<string[]>;
  connectTcp(host: string, port: number): Promise<Deno.TcpConn>;
  /** With the certificates of `caCerts` beside the system's. Takes the connection over; shakes no hand yet. */
  startTls(
    connection: Deno.TcpConn,
    host: string,
    caCerts: readonly string[],
  ): Promise<Pick<Deno.TlsConn, "handshake" | "close">>;
  /** Through the proxy of the environment; any answer will do. Certificates as in `startTls`. */
  fetchHead(url: string, signal: AbortSignal, caCerts: readonly string[]): Promise<void>;
  nowMs(): number;
}

const SYSTEM: ProbeParts = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  connectTcp: (hostname, port) => Deno.connect({ hostname, port }),
  startTls: (connection, hostname, caCerts) =>
    Deno.startTls(connection, { hostname, caCerts: [...caCerts] }),
  fetchHead: async (url, signal, caCerts) => {
    using client = Deno.createHttpClient({ caCerts: [...caCerts] });
    const answer = await fetch(url, { method: "HEAD", redirect: "manual", signal, client });
    await answer.body?.cancel();
  },
  nowMs: () => performance.now(),
};

/** Services whose endpoints a connection needs, by the name in their host. */
const SERVICES = ["ec2", "ssm", "ssmmessages", "sts"] as const;

export interface TargetChoice {
  region: string;
  partition: Partition;
  /** Address in place of AWS's own, by service. */
  override(service: (typeof SERVICES)[number]): Promise<string | undefined>;
  env(name: string): string | undefined;
}

/**
 * What to probe. An endpoint that stands in for AWS's is probed in its place; on loopback, nothing
 * outside is touched at all.
 */
export async function probeTargets(choice: TargetChoice): Promise<ProbeTarget[]> {
  const overrides = await Promise.all(SERVICES.map((service) => choice.override(service)));
  const hasLoopback = overrides.some((url) => url !== undefined && isLoopback(new URL(url)));
  const targets = new Map<string, ProbeTarget>();
  for (const [index, service] of SERVICES.entries()) {
    const override = overrides[index];
    if (override === undefined && hasLoopback) continue;
    const url = new URL(override ?? `https://${serviceHost(service, choice)}`);
    const isTls = url.protocol === "https:";
    targets.set(url.origin, {
      service: override === undefined ? service : "override",
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (isTls ? 443 : 80),
      isTls: isTls && !isLoopback(url),
      proxy: isTls ? proxyFor(url.hostname, choice.env) : undefined,
    });
  }
  return [...targets.values()];
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

/**
 * The proxy that `fetch` takes for a host; undefined for none.
 *
 * Source: denoland/deno ext/fetch/proxy.rs, `from_env`: a proxy for everything comes first.
 */
export function proxyFor(
  host: string,
  env: (name: string) => string | undefined,
): string | undefined {
  const names = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];
  const proxy = names.map(env).find(Boolean);
  if (!proxy) return undefined;
  const exceptions = (env("NO_PROXY") || env("no_proxy") || "").split(",")
    .map((entry) => entry.trim().replace(/^\*?\./, "")).filter((entry) => entry !== "");
  const isExcepted = exceptions.some((entry) =>
    entry === "*" || host === entry || host.endsWith(`.${entry}`)
  );
  if (isExcepted) return undefined;
  // Only the place: user and password are nobody's business.
  const url = URL.parse(proxy);
  return url === null ? "(unreadable)" : `${url.protocol}//${url.host}`;
}

/** Never rejects: what went wrong is the outcome. */
export async function probeEndpoint(
  target: ProbeTarget,
  options: { caCerts: readonly string[]; parts?: ProbeParts; signal: AbortSignal },
): Promise<ClientProbe> {
  const { parts = SYSTEM, caCerts, signal } = options;
  const { service, host, port, proxy } = target;
  const about = { service, host, port, proxy, issuer: undefined };
  const done = (
    addresses: readonly string[],
    outcome: ProbeOutcome,
    isPrivateAuthority = false,
  ): ClientProbe => ({ ...about, addresses, outcome, isPrivateAuthority });
  if (proxy !== undefined) {
    const outcome = await probeThroughProxy(target, { parts, signal, caCerts: [] });
    const isUntrusted = !outcome.reached && outcome.stage === "tls";
    if (!isUntrusted || caCerts.length === 0) return done([], outcome);
    const second = await probeThroughProxy(target, { parts, signal, caCerts });
    return done([], second, second.reached);
  }
  let addresses: string[];
  try {
    addresses = await within(parts.resolve(host), signal);
  } catch (error) {
    return done([], failure("dns", error));
  }
  const startedMs = parts.nowMs();
  let connection: Deno.TcpConn;
  try {
    connection = await within(parts.connectTcp(host, port), signal, (late) => late.close());
  } catch (error) {
    return done(addresses, failure("tcp", error));
  }
  const connectMs = Math.round(parts.nowMs() - startedMs);
  if (!target.isTls) {
    connection.close();
    return done(addresses, { reached: true, connectMs, tlsMs: undefined });
  }
  /** Milliseconds of the handshake. */
  const shakeHands = async (over: Deno.TcpConn, trusted: readonly string[]): Promise<number> => {
    const startedMs = parts.nowMs();
    const tls = await parts.startTls(over, host, trusted);
    try {
      await within(tls.handshake(), signal);
    } finally {
      tls.close();
    }
    return Math.round(parts.nowMs() - startedMs);
  };
  try {
    const tlsMs = await shakeHands(connection, []);
    return done(addresses, { reached: true, connectMs, tlsMs });
  } catch (error) {
    if (caCerts.length === 0) return done(addresses, failure("tls", error));
  }
  try {
    // Trusted only by AWS_CA_BUNDLE: somebody else's authority stands in between.
    const second = await within(parts.connectTcp(host, port), signal, (late) => late.close());
    const tlsMs = await shakeHands(second, caCerts);
    return done(addresses, { reached: true, connectMs, tlsMs }, true);
  } catch (error) {
    return done(addresses, failure("tls", error));
  }
}

async function probeThroughProxy(
  { host, port }: ProbeTarget,
  { parts, signal, caCerts }: {
    parts: ProbeParts;
    signal: AbortSignal;
    caCerts: readonly string[];
  },
): Promise<ProbeOutcome> {
  const startedMs = parts.nowMs();
  try {
    await within(parts.fetchHead(`https://${host}:${port}/`, signal, caCerts), signal);
    return { reached: true, connectMs: Math.round(parts.nowMs() - startedMs), tlsMs: undefined };
  } catch (error) {
    if (error instanceof TooLate || error instanceof Deno.errors.NotCapable) {
      return failure("tcp", error);
    }
    const told = endpointErrorOf(error, `https://${host}:${port}`);
    const stage = told.fault === "dns" || told.fault === "tls" ? told.fault : "tcp";
    return failure(stage, told);
  }
}

class TooLate extends Error {}

function failure(stage: "dns" | "tcp" | "tls", error: unknown): ProbeOutcome {
  if (error instanceof Deno.errors.NotCapable) {
    return { reached: false, stage: "permission", detail: messageOf(error) };
  }
  if (error instanceof TooLate) {
    return { reached: false, stage: "timeout", detail: `${stage}: ${error.message}` };
  }
  return { reached: false, stage, detail: messageOf(error) };
}

/** The promise, or a rejection at the stage's end; what comes after that is given to `dispose`. */
async function within<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  dispose?: (late: T) => void,
): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const end = () => ended.reject(new TooLate(`no answer in ${STAGE_TIMEOUT_MS / 1000} s`));
  const timer = setTimeout(end, STAGE_TIMEOUT_MS);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  let isOver = false;
  promise.then((value) => {
    if (isOver) dispose?.(value);
  }, () => {});
  try {
    return await Promise.race([promise, ended.promise]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
