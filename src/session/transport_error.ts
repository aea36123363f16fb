/**
 * Failures of the WebSocket, told as ours.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { UpgradeRefused } from "./upgrade.ts";

/** The way out when an answer came and was none: nothing better is known. */
const HINDERED =
  "Try again; if it stays, a firewall or a proxy on the way may not let WebSocket pass";

/** Texts of Deno 2.9.6, as observed, and what each means to a person. */
const CAUSES: readonly [pattern: RegExp, why: string, hint: string][] = [
  [
    /dns error|failed to lookup|no such host|name or service/i,
    "the name does not resolve",
    "Check the region and the DNS; in a private network, check the ssmmessages endpoint",
  ],
  [
    /close_notify|reset by peer|before message completed/i,
    "the connection was broken off",
    HINDERED,
  ],
  [
    /certificate|UnknownIssuer|corrupt message|tls|handshake/i,
    "TLS failed",
    "Behind a proxy that inspects TLS, set AWS_CA_BUNDLE to its certificate authority",
  ],
  [/proxy|tunnel/i, "the proxy refused the connection", "Check HTTPS_PROXY and NO_PROXY"],
  [
    /tcp connect error|refused|unreachable|timed out/i,
    "nothing answered there",
    "Check the network, and HTTPS_PROXY where only a proxy leads out",
  ],
];

/** What a failed opening means; errors of ours pass through. */
export function translateTransportError(error: unknown, url: string): unknown {
  if (error instanceof AppError) return error;
  const what = `Cannot open the data channel to ${new URL(url).host}`;
  if (error instanceof UpgradeRefused) return refusal(what, error);
  if (error instanceof Deno.errors.NotCapable) {
    return new AppError("network", `${what}: this executable may not connect there`, {
      hint:
        "It connects to AWS's domains and to loopback only; for another endpoint run it from source",
      cause: error,
    });
  }
  const text = error instanceof Error ? error.message : String(error);
  const known = CAUSES.find(([pattern]) => pattern.test(text));
  const detail = text.replace(/^.*failed to connect to WebSocket: /, "") || "no reason given";
  return new AppError("network", `${what}: ${known?.[1] ?? detail}`, {
    ...(known === undefined ? { hint: HINDERED } : { why: detail, hint: known[2] }),
    cause: error,
  });
}

function refusal(what: string, error: UpgradeRefused): AppError {
  if (error.status === 401 || error.status === 403) {
    return new AppError("auth", `${what}: the gateway refused with status ${error.status}`, {
      why: "The credentials may lack ssmmessages:OpenDataChannel on this session, or have expired",
      hint: "Allow ssmmessages:OpenDataChannel, or sign in again",
      cause: error,
    });
  }
  if (error.status === undefined) {
    return new AppError("network", `${what}: the gateway or a proxy refused`, {
      why: "The credentials may lack ssmmessages:OpenDataChannel, or the proxy knows no WebSocket",
      hint: "Allow ssmmessages:OpenDataChannel, or let the proxy pass WebSocket to this host",
      cause: error,
    });
  }
  return new AppError("network", `${what}: the gateway answered with status ${error.status}`, {
    hint: HINDERED,
    cause: error,
  });
}
