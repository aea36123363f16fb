/**
 * Checks AWS Signature Version 4 by computing the signature again with the secret on record.
 *
 * Written from the AWS General Reference ("Create a signed AWS API request") and independent of any
 * signer in this project, so that a mistake there does not cancel itself out here.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Principal } from "./credential_store.ts";

/** A request as it came over the wire. */
export interface SignedRequest {
  method: string;
  /** The path as sent, still percent-encoded. */
  path: string;
  /** What follows `?` as sent; empty without one. */
  query: string;
  header(name: string): string | undefined;
  body: Uint8Array;
}

/** What the check needs of the keys. */
export interface KnownKeys {
  find(accessKeyId: string): Principal | undefined;
  isExpired(principal: Principal, nowMs: number): boolean;
}

/** Why a request was not let in. Each service words and numbers these in its own way. */
export type SignatureProblem =
  | "missing"
  | "incomplete"
  | "unknown_key"
  | "bad_token"
  | "expired_token"
  | "clock_skew"
  | "bad_signature";

export type SignatureVerdict =
  | { ok: true; principal: Principal; region: string; service: string }
  | { ok: false; problem: SignatureProblem; detail: string };

/** The services' own limit. */
const MAX_SKEW_MS = 5 * 60_000;
const ALGORITHM = "AWS4-HMAC-SHA256";

/** The parts of an Authorization header. */
interface Authorization {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

/** Reads an Authorization header; `undefined` unless every part is there. */
export function parseAuthorization(value: string): Authorization | undefined {
  if (!value.startsWith(`${ALGORITHM} `)) return undefined;
  const parts = new Map<string, string>();
  for (const part of value.slice(ALGORITHM.length + 1).split(",")) {
    const at = part.indexOf("=");
    if (at > 0) parts.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const [accessKeyId, date, region, service, end] = (parts.get("Credential") ?? "").split("/");
  const signedHeaders = parts.get("SignedHeaders")?.split(";") ?? [];
  const signature = parts.get("Signature");
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request") return undefined;
  if (signedHeaders.length === 0 || !signature) return undefined;
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

/** Checks a request against the keys in `store`. */
export function verifySignature(
  request: SignedRequest,
  options: { store: KnownKeys; nowMs: number },
): SignatureVerdict {
  const header = request.header("authorization");
  const refuse = (problem: SignatureProblem, detail: string): SignatureVerdict => (
    { ok: false, problem, detail }
  );
  if (header === undefined) return refuse("missing", "the Authorization header is missing");
  const authorization = parseAuthorization(header);
  if (authorization === undefined) {
    return refuse(
      "incomplete",
      "the Authorization header lacks a part or names no known algorithm",
    );
  }
  const principal = options.store.find(authorization.accessKeyId);
  if (principal === undefined) return refuse("unknown_key", "no such access key");
  if (principal.sessionToken !== request.header("x-amz-security-token")) {
    return refuse("bad_token", "the session token does not belong to the access key");
  }
  const date = request.header("x-amz-date") ?? "";
  const signedAtMs = parseAmzDate(date);
  if (signedAtMs === undefined || !authorization.signedHeaders.includes("host")) {
    return refuse("incomplete", "X-Amz-Date is missing or malformed, or the host is not signed");
  }
  if (!signatureMatches(request, authorization, { principal, date })) {
    return refuse("bad_signature", "the signature computed here is another one");
  }
  const skew = describeSkew(date, { signedAtMs, nowMs: options.nowMs });
  if (skew !== undefined) return refuse("clock_skew", skew);
  if (options.store.isExpired(principal, options.nowMs)) {
    return refuse("expired_token", "the session token has expired");
  }
  return { ok: true, principal, region: authorization.region, service: authorization.service };
}

/** `undefined` within five minutes; else the services' way of saying which way it is off. */
function describeSkew(
  date: string,
  times: { signedAtMs: number; nowMs: number },
): string | undefined {
  const { signedAtMs, nowMs } = times;
  const now = formatAmzDate(nowMs);
  if (signedAtMs < nowMs - MAX_SKEW_MS) {
    const limit = formatAmzDate(nowMs - MAX_SKEW_MS);
    return `Signature expired: ${date} is now earlier than ${limit} (${now} - 5 min.)`;
  }
  if (signedAtMs > nowMs + MAX_SKEW_MS) {
    const limit = formatAmzDate(nowMs + MAX_SKEW_MS);
    return `Signature not yet current: ${date} is still later than ${limit} (${now} + 5 min.)`;
  }
  return undefined;
}

function signatureMatches(
  request: SignedRequest,
  authorization: Authorization,
  context: { principal: Principal; date: string },
): boolean {
  const canonical = canonicalRequest(request, authorization.signedHeaders);
  if (canonical === undefined) return false;
  const { date, region, service } = authorization;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, context.date, scope, sha256(canonical)].join("\n");
  let key: Uint8Array = new TextEncoder().encode(`AWS4${context.principal.secretAccessKey}`);
  for (const part of [date, region, service, "aws4_request"]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  const expected = createHmac("sha256", key).update(toSign).digest();
  const received = Uint8Array.from(
    authorization.signature.match(/../g) ?? [],
    (byte) => parseInt(byte, 16),
  );
  return received.byteLength === expected.byteLength && timingSafeEqual(received, expected);
}

/** `undefined` when a signed header is absent, or the body is not the one that was signed. */
function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
): string | undefined {
  const bodyHash = sha256(request.body);
  const declaredHash = request.header("x-amz-content-sha256");
  if (declaredHash !== undefined && declaredHash !== bodyHash) {
    // A signer may leave the body out on purpose; then only this word is signed.
    if (declaredHash !== "UNSIGNED-PAYLOAD") return undefined;
  }
  const headers: string[] = [];
  for (const name of signedHeaders) {
    const value = request.header(name);
    if (value === undefined) return undefined;
    headers.push(`${name}:${value.trim().replace(/ +/g, " ")}\n`);
  }
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers.join(""),
    signedHeaders.join(";"),
    declaredHash ?? bodyHash,
  ].join("\n");
}

/** Every service but S3 encodes the segments a second time. */
function canonicalPath(path: string): string {
  return path.split("/").map(encodeUri).join("/") || "/";
}

/**
 * Sorted pairs. The query is parsed first, so a raw `+` is a space and comes out as `%20`: the SDK's
 * signer does so, and a StreamUrl holds raw `+` (plugin v4.go buildCanonicalString).
 */
function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    const value = at < 0 ? "" : pair.slice(at + 1);
    return [encodeUri(decodeQuery(name)), encodeUri(decodeQuery(value))] as const;
  });
  pairs.sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function decodeQuery(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** RFC 3986: everything but unreserved characters. */
function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** `20260101T000000Z`. */
export function formatAmzDate(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day!, hour, minute, second);
}
