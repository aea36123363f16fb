/**
 * Signs the WebSocket upgrade of the data channel. Heavy: imported when one is opened.
 *
 * @module
 */

import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "./contracts.ts";

/** What a signature is made with. */
export interface UpgradeSigner {
  credentials: Credentials;
  region: string;
  /** The time by AWS's clock. */
  date: Date;
}

/**
 * SigV4 headers for a GET on the stream URL: `authorization`, `x-amz-date` and, for temporary
 * credentials, `x-amz-security-token`. Service `ssmmessages`, empty body, signed headers `host` and
 * `x-amz-*`. Empty when the URL carries its signature itself.
 *
 * The reference client parses the query before it signs, so a raw `+` counts as a space there, while
 * the request line keeps it.
 *
 * Source: aws/session-manager-plugin, `src/communicator/websocketchannel.go` getV4SignatureHeader and
 * isPresignedURL; vendored aws-sdk-go, `aws/signer/v4/v4.go` buildCanonicalString.
 */
export async function signedUpgradeHeaders(
  streamUrl: string,
  signer: UpgradeSigner,
): Promise<Record<string, string>> {
  const url = new URL(streamUrl);
  if ([...url.searchParams.keys()].some((key) => /^x-amz-/i.test(key))) return {};
  const query: Record<string, string[]> = {};
  // URLSearchParams reads `+` as a space, as the reference does.
  for (const [key, value] of url.searchParams) (query[key] ??= []).push(value);
  const sigv4 = new SignatureV4({
    service: "ssmmessages",
    region: signer.region,
    credentials: signer.credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await sigv4.sign({
    method: "GET",
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query,
    headers: { host: url.host },
  }, { signingDate: signer.date });
  const { host: _host, ...headers } = signed.headers;
  return headers;
}
