/**
 * Words for failures below the service: the endpoint cannot be reached, or something else answers.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { EndpointError, EndpointFault } from "./endpoint_error.ts";
import { attempt, type AwsErrorContext } from "./error_context.ts";
import { safeCause, safeText } from "./redact.ts";

interface Words {
  what: (error: EndpointError) => string;
  why: (context: AwsErrorContext) => string;
  hint: (context: AwsErrorContext) => string;
}

/** A failed request as an `AppError` of kind `network`. */
export function networkError(error: EndpointError, context: AwsErrorContext): AppError {
  const words = WORDS[error.fault];
  return new AppError("network", `${attempt(context)}: ${words.what(error)}`, {
    why: words.why(context),
    hint: words.hint(context),
    cause: safeCause(error),
  });
}

/** A refusal of the executable's own permissions. `refusal` names what was wanted, in Deno's words. */
export function permissionError(refusal: Error, context: AwsErrorContext): AppError {
  // "Requires net access to "host:443", run again with the --allow-net flag"
  const wanted = refusal.message.split(", run again")[0] ?? refusal.message;
  return new AppError("config", `${attempt(context)}: not permitted by this executable`, {
    why: `${safeText(wanted)}, which is outside its compiled-in permissions`,
    hint: wanted.includes("net access")
      ? "It may reach AWS's own domains and loopback; for another endpoint, run it from source with --allow-net"
      : "Run it from source with the permission that it names",
    cause: refusal,
  });
}

/** The service did not speak its protocol: a proxy's page, a captive portal, another server. */
export function foreignAnswerError(
  context: AwsErrorContext,
  answer: { status?: number | undefined; isHtml: boolean; location?: string | undefined },
): AppError {
  const status = answer.status === undefined ? "" : ` (HTTP ${answer.status})`;
  if (answer.location !== undefined) {
    return new AppError("network", `${attempt(context)}: the endpoint redirects${status}`, {
      why: `It points to ${safeText(answer.location)}, which AWS never does`,
      hint: "Sign in to the network (captive portal), or check the endpoint and the proxy",
    });
  }
  if (answer.isHtml) {
    return new AppError("network", `${attempt(context)}: ${WEB_PAGE.what}${status}`, {
      why: WEB_PAGE.why,
      hint: WEB_PAGE.hint(context),
    });
  }
  return new AppError("protocol", `${attempt(context)}: the answer is not AWS's${status}`, {
    why: "It cannot be read as an answer to this call",
    hint: context.endpoint === undefined
      ? "Check HTTPS_PROXY and NO_PROXY"
      : `Check that ${context.endpoint} serves ${context.service}`,
  });
}

const PROXY_HINT = "Check the network, and HTTPS_PROXY and NO_PROXY if a proxy is needed";

const WEB_PAGE = {
  what: "a web page answered in place of AWS",
  why: "A proxy, a captive portal or another server stands at that address",
  hint: ({ endpoint }: AwsErrorContext) =>
    endpoint === undefined
      ? "Check HTTPS_PROXY and NO_PROXY, and sign in to the network if it asks for that"
      : `Check the endpoint ${endpoint}`,
};

const WORDS: Readonly<Record<EndpointFault, Words>> = {
  refused: {
    what: (error) => `${error.origin} refused the connection`,
    why: () => "Nothing listens at that address, or a firewall or proxy turns it away",
    hint: ({ endpoint }) =>
      endpoint === undefined ? PROXY_HINT : `Check that ${endpoint} is right and running`,
  },
  dns: {
    what: (error) => `no such host: ${hostOf(error)}`,
    why: ({ region, endpoint }) =>
      region === undefined || endpoint !== undefined
        ? "The name cannot be resolved"
        : `The name cannot be resolved: no network, or there is no region "${region}"`,
    hint: ({ endpoint }) =>
      endpoint === undefined
        ? "Check the spelling of the region (--region, AWS_REGION) and the network"
        : `Check the endpoint ${endpoint} and the network`,
  },
  tls: {
    what: (error) => `no secure connection to ${error.origin} (${safeText(error.message)})`,
    why: () => "Its certificate is not trusted here, as behind a proxy that inspects TLS",
    hint: () =>
      "Set AWS_CA_BUNDLE to a PEM file with the certificate of that proxy or endpoint's authority",
  },
  unreachable: {
    what: (error) => `${error.origin} cannot be reached`,
    why: () => "There is no route to it: no network, or no VPN",
    hint: () => PROXY_HINT,
  },
  reset: {
    what: (error) => `${error.origin} broke the connection`,
    why: () => "It closed before the answer was complete",
    hint: () => "Try again; if it persists, check the network and any proxy in between",
  },
  timeout: {
    what: (error) => `${error.origin}: ${safeText(error.message)}`,
    why: () => "The endpoint hangs, or a firewall drops the packets",
    hint: () =>
      "Check the network and proxy; aws.connection_timeout and aws.request_timeout set the deadlines",
  },
  proxy: {
    what: (error) => `the proxy refused to connect to ${error.origin}`,
    why: () => "It wants credentials, or does not allow that host",
    hint: () => "Put user and password into HTTPS_PROXY, or add the host to NO_PROXY",
  },
  not_http: {
    what: (error) => `${error.origin} does not speak HTTP`,
    why: () => "Another kind of server listens there, or the scheme (http, https) is wrong",
    hint: ({ endpoint }) => endpoint === undefined ? PROXY_HINT : `Check the endpoint ${endpoint}`,
  },
  web_page: {
    what: (error) => `${WEB_PAGE.what} (${error.message})`,
    why: () => WEB_PAGE.why,
    hint: WEB_PAGE.hint,
  },
  too_large: {
    what: (error) => `${error.origin}: ${safeText(error.message)}`,
    why: () => "That is no answer of AWS",
    hint: ({ endpoint }) => endpoint === undefined ? PROXY_HINT : `Check the endpoint ${endpoint}`,
  },
  other: {
    what: (error) => `${error.origin}: ${safeText(error.message)}`,
    why: () => "The request got no answer",
    hint: () => PROXY_HINT,
  },
};

function hostOf(error: EndpointError): string {
  return URL.parse(error.origin)?.hostname ?? error.origin;
}
