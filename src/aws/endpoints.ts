/**
 * Where the services are, when it is not AWS's own address.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { EnvLookup } from "./contracts.ts";
import type { Section, SharedFiles } from "./shared_files.ts";

/** Sets the address of the message gateway, `ssmmessages`. */
export const MESSAGES_ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_SSMMESSAGES";

/**
 * The address set for a service: option, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the
 * profile's `services` section, the profile's `endpoint_url`; undefined for AWS's own.
 *
 * The SDK knows the same sources, but looks only at `AWS_PROFILE`'s profile, never at one given as
 * an option (@smithy/core 3.41.0, `getEndpointFromConfig`), so that is decided here.
 *
 * @param service As in the variable's name: `SSM`, `EC2`, `STS`.
 * @throws {AppError} `config` when the address is no http or https URL.
 */
export async function resolveEndpoint(
  service: string,
  context: { option: string | undefined; profile: string | undefined; env: EnvLookup },
): Promise<string | undefined> {
  const { option, env } = context;
  if (option) return checkedUrl(option, "--endpoint-url");
  const ignored = env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  if (ignored?.toLowerCase() === "true") return undefined;
  for (const name of [`AWS_ENDPOINT_URL_${service}`, "AWS_ENDPOINT_URL"]) {
    const url = env(name);
    if (url) return checkedUrl(url, name);
  }
  const { loadSharedFiles } = await import("./shared_files.ts");
  const name = context.profile ?? "default";
  const url = profileEndpoint(service, name, await loadSharedFiles(env));
  return url && checkedUrl(url, `endpoint_url of profile "${name}"`);
}

function profileEndpoint(service: string, name: string, files: SharedFiles): string | undefined {
  const profile: Section = { ...files.credentials[name], ...files.config[name] };
  if (profile.ignore_configured_endpoint_urls?.toLowerCase() === "true") return undefined;
  if (profile.services) {
    const url = files.config[`services.${profile.services}`]
      ?.[`${service.toLowerCase()}.endpoint_url`];
    if (url) return url;
  }
  return profile.endpoint_url;
}

/**
 * The address of the data channel, with `AWS_ENDPOINT_URL_SSMMESSAGES` in place of its scheme and
 * host: for a gateway behind a private endpoint or an emulated one. Path and query stay as they are,
 * byte for byte (the query may hold a raw `+`).
 *
 * @param streamUrl As StartSession gave it.
 * @throws {AppError} `config` when the variable is no http, https, ws or wss URL.
 */
export function withMessagesEndpoint(streamUrl: string, env: EnvLookup): string {
  const variable = MESSAGES_ENDPOINT_VARIABLE;
  const override = env(variable);
  if (!override) return streamUrl;
  const url = URL.parse(override);
  const scheme = url && WEBSOCKET_SCHEMES[url.protocol];
  if (!url || !scheme) throw refusal(override, variable, "an http, https, ws or wss URL");
  const pathAndQuery = /^[a-z]+:\/\/[^/?#]*(.*)$/i.exec(streamUrl)?.[1] ?? "";
  return `${scheme}//${url.host}${pathAndQuery}`;
}

const WEBSOCKET_SCHEMES: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};

function checkedUrl(text: string, origin: string): string {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "http:" || protocol === "https:") return text;
  throw refusal(text, origin, "an http or https URL");
}

function refusal(text: string, origin: string, wanted: string): AppError {
  return new AppError("config", `Cannot use the endpoint "${text}" (${origin}): not ${wanted}`, {
    hint: "Write it like https://host or http://127.0.0.1:8080, or leave it out",
  });
}
