/**
 * Which service and operation a request means: by target header, by the signature's scope, by version.
 *
 * @module
 */
import type { JsonService, QueryService, ServiceName } from "./api_error.ts";
import { QueryParameters } from "./query_parameters.ts";
import { parseAuthorization, type SignedRequest } from "./sigv4.ts";

/** A request, read and told apart. */
export interface ApiCall {
  service: ServiceName;
  operation: string;
  signed: SignedRequest;
  /** Of the query services; empty for the others. */
  parameters: QueryParameters;
}

const MAX_BODY_BYTES = 1024 * 1024;
/** What X-Amz-Target begins with. Source: the services' models, targetPrefix. */
const JSON_TARGETS: Readonly<Record<JsonService, string>> = {
  ssm: "AmazonSSM.",
  kms: "TrentService.",
  "ec2-instance-connect": "AWSEC2InstanceConnectService.",
};
const decoder = new TextDecoder();

/** The body of a request; `undefined` when it is longer than any of ours can be. */
export async function readBody(request: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

/** `undefined` when the request is for none of the services here. */
export function identifyCall(request: Request, body: Uint8Array): ApiCall | undefined {
  const { pathname, search } = new URL(request.url);
  if (pathname !== "/") return undefined;
  const signed: SignedRequest = {
    method: request.method,
    path: pathname,
    query: search.slice(1),
    header: (name) => request.headers.get(name) ?? undefined,
    body,
  };
  const target = request.headers.get("x-amz-target");
  if (target !== null) {
    if (request.method !== "POST") return undefined;
    for (const service of Object.keys(JSON_TARGETS) as JsonService[]) {
      if (!target.startsWith(JSON_TARGETS[service])) continue;
      const operation = target.slice(JSON_TARGETS[service].length);
      return { service, operation, signed, parameters: new QueryParameters("") };
    }
    return undefined;
  }
  const form = request.method === "GET" ? signed.query : decoder.decode(body);
  const parameters = new QueryParameters(form);
  const operation = parameters.get("Action");
  const scope = parseAuthorization(request.headers.get("authorization") ?? "")?.service;
  const service = queryService(scope, parameters.get("Version"));
  if (operation === undefined || service === undefined) return undefined;
  return { service, operation, signed, parameters };
}

function queryService(
  scope: string | undefined,
  version: string | undefined,
): QueryService | undefined {
  if (scope === "ec2" || scope === "sts" || scope === "iam") return scope;
  if (version === "2016-11-15") return "ec2";
  if (version === "2011-06-15") return "sts";
  if (version === "2010-05-08") return "iam";
  return undefined;
}
