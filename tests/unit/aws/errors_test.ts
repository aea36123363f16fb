import assert from "node:assert/strict";
import { AppError, type ErrorKind } from "../../../src/errors/mod.ts";
import {
  type AwsErrorContext,
  ExpiredCredentialsError,
  TargetNotConnectedError,
  translateAwsError,
} from "../../../src/aws/mod.ts";
import { EndpointError } from "../../../src/aws/endpoint_error.ts";

const TARGET = "i-0123456789abcdef0";
const CONTEXT: AwsErrorContext = {
  service: "ssm",
  operation: "StartSession",
  region: "eu-west-1",
  profile: "work",
  target: TARGET,
};

/** An exception as the SDK throws it: the code is the name, the answer hides in `$response`. */
function sdkError(
  name: string,
  message: string,
  answer: { status?: number; date?: string; contentType?: string; attempts?: number } = {},
): Error {
  const { status = 400, date, contentType = "application/x-amz-json-1.1", attempts = 1 } = answer;
  const error = Object.assign(new Error(message), {
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status, requestId: "req-1", attempts },
  });
  error.name = name;
  const headers = { "content-type": contentType, ...(date === undefined ? {} : { date }) };
  Object.defineProperty(error, "$response", { value: { statusCode: status, headers } });
  return error;
}

interface Row {
  name: string;
  error: unknown;
  kind: ErrorKind;
  message: RegExp;
  why?: RegExp;
  hint: RegExp;
  context?: Partial<AwsErrorContext>;
}

const NOW_MS = Date.now();
const DENIED =
  "User: arn:aws:sts::123456789012:assumed-role/Dev/me is not authorized to perform: " +
  "ssm:StartSession on resource: arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0 ";

const SERVICE: readonly Row[] = [
  {
    name: "denied by lack of a policy",
    error: sdkError(
      "AccessDeniedException",
      `${DENIED}because no identity-based policy allows the ssm:StartSession action`,
    ),
    kind: "auth",
    message:
      /^Cannot start a session on i-0123456789abcdef0: not allowed: ssm:StartSession on arn:aws:ec2:\S+$/,
    why: /No policy/,
    hint: /policy that allows ssm:StartSession on arn:aws:ec2/,
  },
  {
    name: "denied explicitly",
    error: sdkError(
      "AccessDeniedException",
      `${DENIED}with an explicit deny in a service control policy`,
    ),
    kind: "auth",
    message: /not allowed: ssm:StartSession/,
    why: /explicitly/,
    hint: /lift the deny of ssm:StartSession/,
  },
  {
    name: "denied by EC2, with an encoded message",
    error: sdkError(
      "UnauthorizedOperation",
      "You are not authorized to perform this operation. User: arn:aws:iam::1:user/me is not " +
        "authorized to perform: ec2:DescribeInstances because no identity-based policy allows it. " +
        "Encoded authorization failure message: " + "xYz9".repeat(100),
      { status: 403 },
    ),
    kind: "auth",
    message: /^Cannot look up instances: not allowed: ec2:DescribeInstances$/,
    hint: /allows ec2:DescribeInstances$/,
    context: { service: "ec2", operation: "DescribeInstances", target: undefined },
  },
  {
    name: "denied without saying what",
    error: sdkError("AccessDeniedException", ""),
    kind: "auth",
    message: /not allowed: ssm:StartSession$/,
    hint: /policy that allows ssm:StartSession$/,
  },
  {
    name: "expired token",
    error: sdkError(
      "ExpiredTokenException",
      "The security token included in the request is expired",
    ),
    kind: "auth",
    message: /the credentials have expired$/,
    hint: /aws sso login --profile work/,
  },
  {
    name: "expired token of the environment",
    error: sdkError("ExpiredToken", "The security token included in the request is expired"),
    kind: "auth",
    message: /the credentials have expired$/,
    hint: /AWS_SESSION_TOKEN/,
    context: { profile: undefined },
  },
  {
    name: "expired token as EC2 says it",
    error: sdkError("RequestExpired", "Request has expired.", {
      date: new Date(NOW_MS).toUTCString(),
    }),
    kind: "auth",
    message: /the credentials have expired$/,
    hint: /aws sso login/,
  },
  {
    name: "wrong clock as EC2 says it",
    error: sdkError("RequestExpired", "Request has expired.", {
      date: new Date(NOW_MS + 30 * 60_000).toUTCString(),
    }),
    kind: "auth",
    message: /this computer's clock is 30 min behind AWS's$/,
    hint: /NTP/,
  },
  {
    name: "signature expired",
    error: sdkError(
      "InvalidSignatureException",
      "Signature expired: 20260101T115000Z is now earlier than 20260101T120500Z (20260101T121000Z - 5 min.)",
    ),
    kind: "auth",
    message: /this computer's clock is 20 min behind AWS's$/,
    hint: /NTP/,
  },
  {
    name: "signature from the future",
    error: sdkError(
      "SignatureDoesNotMatch",
      "Signature not yet current: 20260101T140500Z is still later than 20260101T120500Z (20260101T120000Z + 5 min.)",
    ),
    kind: "auth",
    message: /this computer's clock is 2 h 5 min ahead of AWS's$/,
    hint: /NTP/,
  },
  {
    name: "skewed time without a date",
    error: sdkError("RequestTimeTooSkewed", "The difference is too large"),
    kind: "auth",
    message: /this computer's clock is wrong$/,
    hint: /NTP/,
  },
  {
    name: "wrong secret",
    error: sdkError(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
      { date: new Date(NOW_MS).toUTCString() },
    ),
    kind: "auth",
    message: /AWS rejects the signature$/,
    hint: /keys of profile "work"/,
  },
  {
    name: "credentials scoped to another region",
    error: sdkError(
      "InvalidSignatureException",
      "Credential should be scoped to a valid region, not 'eu-west-1'. ",
    ),
    kind: "config",
    message: /region "eu-west-1" does not fit the endpoint$/,
    hint: /--region and AWS_REGION/,
  },
  {
    name: "unknown key",
    error: sdkError(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    ),
    kind: "auth",
    message: /AWS does not know these credentials$/,
    hint: /keys of profile "work"/,
  },
  {
    name: "unknown key as STS says it",
    error: sdkError(
      "InvalidClientTokenId",
      "The security token included in the request is invalid.",
    ),
    kind: "auth",
    message: /AWS does not know these credentials$/,
    hint: /AWS_ACCESS_KEY_ID/,
    context: { profile: undefined },
  },
  {
    name: "EC2's AuthFailure",
    error: sdkError(
      "AuthFailure",
      "AWS was not able to validate the provided access credentials",
      { status: 401 },
    ),
    kind: "auth",
    message: /could not validate the credentials$/,
    why: /region "eu-west-1" is not enabled/,
    hint: /aws account list-regions/,
  },
  {
    name: "region not enabled",
    error: sdkError("RegionDisabledException", "STS is not activated in this region"),
    kind: "auth",
    message: /region "eu-west-1" is not enabled for this account$/,
    hint: /choose another with --region/,
  },
  {
    name: "target not connected",
    error: sdkError("TargetNotConnected", `${TARGET} is not connected.`),
    kind: "target",
    message: /i-0123456789abcdef0 is not connected$/,
    why: /in region eu-west-1: it is stopped or still starting, lacks a role/,
    hint:
      /aws ssm describe-instance-information --filters Key=InstanceIds,Values=i-0123456789abcdef0/,
  },
  {
    name: "unknown instance as SSM says it",
    error: sdkError("InvalidInstanceId", ""),
    kind: "target",
    message: /no such instance in region eu-west-1$/,
    hint: /--region/,
  },
  {
    name: "unknown instance as EC2 says it",
    error: sdkError("InvalidInstanceID.NotFound", "The instance ID 'i-0' does not exist"),
    kind: "target",
    message: /^Cannot look up instance i-0123456789abcdef0: no such instance in region eu-west-1$/,
    hint: /--region/,
    context: { service: "ec2", operation: "DescribeInstances" },
  },
  {
    name: "malformed instance id",
    error: sdkError("InvalidInstanceID.Malformed", 'Invalid id: "i-0"'),
    kind: "target",
    message: /no valid instance id$/,
    why: /Invalid id: "i-0"/,
    hint: /17 \(or 8\) hex digits/,
  },
  {
    name: "unknown document",
    error: sdkError("InvalidDocument", "Document with name X does not exist."),
    kind: "protocol",
    message: /session document is not available in region eu-west-1$/,
    hint: /list-documents/,
  },
  {
    name: "session gone",
    error: sdkError("DoesNotExistException", "Session does not exist"),
    kind: "target",
    message: /^Cannot resume session me-0: it does not exist$/,
    hint: /new session/,
    context: { operation: "ResumeSession", target: "me-0" },
  },
  {
    name: "throttling",
    error: sdkError("ThrottlingException", "Rate exceeded", { attempts: 3 }),
    kind: "resource",
    message: /AWS limits the rate of requests$/,
    why: /Refused 3 times \(ThrottlingException\)/,
    hint: /Wait/,
  },
  {
    name: "throttling by status alone",
    error: sdkError("SomethingNew", "slow down", { status: 429 }),
    kind: "resource",
    message: /AWS limits the rate of requests$/,
    hint: /Wait/,
  },
  {
    name: "quota",
    error: sdkError("ServiceQuotaExceededException", "Maximum number of sessions reached"),
    kind: "resource",
    message: /a limit of the account is reached$/,
    why: /Maximum number of sessions/,
    hint: /Service Quotas/,
  },
  {
    name: "fault of the service",
    error: sdkError("InternalServerError", "", { status: 500 }),
    kind: "network",
    message: /AWS failed \(HTTP 500\)$/,
    hint: /health\.aws\.amazon\.com/,
  },
  {
    name: "invalid member",
    error: sdkError("ValidationException", "1 validation error detected: Reason is too long"),
    kind: "usage",
    message: /Reason is too long$/,
    hint: /^$/,
  },
  {
    name: "MFA code not accepted",
    error: sdkError(
      "AccessDenied",
      "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
      { status: 403 },
    ),
    kind: "auth",
    message: /^Cannot assume role arn:aws:iam::1:role\/x: the MFA code was not accepted$/,
    hint: /next code/,
    context: { service: "sts", operation: "AssumeRole", target: "arn:aws:iam::1:role/x" },
  },
  {
    name: "MFA code of a wrong form",
    error: sdkError(
      "ValidationError",
      "1 validation error detected: Value at 'tokenCode' failed to satisfy constraint",
    ),
    kind: "auth",
    message: /the MFA code was not accepted$/,
    hint: /next code/,
  },
  {
    name: "web page in place of an answer",
    error: sdkError("UnknownError", "UnknownError", {
      status: 502,
      contentType: "text/html; charset=utf-8",
    }),
    kind: "network",
    message: /a web page answered in place of AWS \(HTTP 502\)$/,
    hint: /HTTPS_PROXY/,
  },
  {
    name: "refusal with a code that nobody foresaw",
    error: sdkError("constructor", "toString", { status: 400 }),
    kind: "protocol",
    message: /constructor: toString$/,
    hint: /^$/,
  },
];

function endpoint(fault: EndpointError["fault"], message = "text"): EndpointError {
  return new EndpointError(fault, message, { origin: "https://ssm.eu-west-1.amazonaws.com" });
}

const NETWORK: readonly Row[] = [
  {
    name: "refused",
    error: endpoint("refused"),
    kind: "network",
    message: /https:\/\/ssm\.eu-west-1\.amazonaws\.com refused the connection$/,
    hint: /HTTPS_PROXY/,
  },
  {
    name: "refused by a set endpoint",
    error: endpoint("refused"),
    kind: "network",
    message: /refused the connection$/,
    hint: /^Check that http:\/\/127\.0\.0\.1:1 is right and running$/,
    context: { endpoint: "http://127.0.0.1:1" },
  },
  {
    name: "no such region",
    error: endpoint("dns"),
    kind: "network",
    message: /no such host: ssm\.eu-west-1\.amazonaws\.com$/,
    why: /no network, or there is no region "eu-west-1"/,
    hint: /spelling of the region/,
  },
  {
    name: "certificate",
    error: endpoint("tls", "invalid peer certificate: UnknownIssuer"),
    kind: "network",
    message: /no secure connection to \S+ \(invalid peer certificate: UnknownIssuer\)$/,
    hint: /AWS_CA_BUNDLE/,
  },
  {
    name: "no route",
    error: endpoint("unreachable"),
    kind: "network",
    message: /cannot be reached$/,
    hint: /network/,
  },
  {
    name: "reset",
    error: endpoint("reset"),
    kind: "network",
    message: /broke the connection$/,
    hint: /Try again/,
  },
  {
    name: "deadline",
    error: endpoint("timeout", "no answer within 30 s"),
    kind: "network",
    message: /no answer within 30 s$/,
    hint: /aws\.request_timeout/,
  },
  {
    name: "proxy",
    error: endpoint("proxy"),
    kind: "network",
    message: /the proxy refused/,
    hint: /HTTPS_PROXY/,
  },
  {
    name: "not HTTP",
    error: endpoint("not_http"),
    kind: "network",
    message: /does not speak HTTP$/,
    hint: /./,
  },
  {
    name: "anything else",
    error: endpoint("other"),
    kind: "network",
    message: /: text$/,
    hint: /./,
  },
  {
    name: "wrapped by the SDK",
    error: new Error("wrapped", { cause: endpoint("refused") }),
    kind: "network",
    message: /refused the connection$/,
    hint: /./,
  },
  {
    name: "not permitted to reach the host",
    error: new Deno.errors.NotCapable(
      'Requires net access to "example.org:443", run again with the --allow-net flag',
    ),
    kind: "config",
    message: /not permitted by this executable$/,
    why: /^Requires net access to "example\.org:443", which is outside/,
    hint: /--allow-net/,
  },
  {
    name: "not permitted to read a file",
    error: new Deno.errors.NotCapable(
      'Requires read access to "/x", run again with the --allow-read flag',
    ),
    kind: "config",
    message: /not permitted by this executable$/,
    hint: /Run it from source/,
  },
];

function providerError(message: string): Error {
  const error = new Error(message);
  error.name = "CredentialsProviderError";
  return error;
}

const CREDENTIALS: readonly Row[] = [
  {
    name: "nothing found, no profile chosen",
    error: providerError("Could not load credentials from any providers"),
    kind: "auth",
    message: /no AWS credentials found$/,
    why: /AWS_ACCESS_KEY_ID.*profile "default".*instance roles/,
    hint: /aws configure, or aws sso login/,
    context: { profile: undefined },
  },
  {
    name: "nothing found in a profile",
    error: providerError("Could not load credentials from any providers"),
    kind: "auth",
    message: /no AWS credentials found$/,
    why: /^Looked at profile "work"/,
    hint: /aws configure --profile work/,
  },
  {
    name: "SSO session expired",
    error: providerError(
      "The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login with the corresponding profile.",
    ),
    kind: "auth",
    message: /the SSO session has expired or is missing$/,
    hint: /^Run: aws sso login --profile work$/,
  },
  {
    name: "SSO role not assigned",
    error: providerError("ForbiddenException: No access (SSO)"),
    kind: "auth",
    message: /no access to that account and role$/,
    hint: /sso_role_name/,
  },
  {
    name: "SSO settings incomplete",
    error: providerError(
      'Profile is configured with invalid SSO credentials. Required parameters "sso_account_id"',
    ),
    kind: "config",
    message: /the SSO settings are incomplete/,
    hint: /aws configure sso/,
  },
  {
    name: "credential process failed",
    error: providerError("Command failed: /opt/vault --token s3cr3t\nvault: sealed\n"),
    kind: "auth",
    message: /credential_process of profile "work" failed: vault: sealed$/,
    hint: /by hand/,
  },
  {
    name: "credential process printed nonsense",
    error: providerError("Profile work credential_process returned invalid JSON."),
    kind: "auth",
    message: /credential_process of profile "work" failed: returned invalid JSON$/,
    hint: /by hand/,
  },
  {
    name: "login expired",
    error: providerError(
      "Failed to load a token for session x, please re-authenticate using aws login",
    ),
    kind: "auth",
    message: /the login of profile "work" has expired/,
    hint: /aws login --profile work/,
  },
  {
    name: "circle of profiles",
    error: providerError("Detected a cycle attempting to resolve credentials for profile a."),
    kind: "config",
    message: /leads back to itself$/,
    hint: /source_profile/,
  },
  {
    name: "container without a role",
    error: providerError("Server responded with status: 404"),
    kind: "auth",
    message: /container or instance role gave none \(Server responded with status: 404\)$/,
    hint: /--profile/,
  },
  {
    name: "unforeseen text of a provider",
    error: providerError("Something else."),
    kind: "auth",
    message: /^Cannot get AWS credentials: Something else$/,
    hint: /get-caller-identity/,
  },
];

const OTHER: readonly Row[] = [
  {
    name: "a bug",
    error: new TypeError("x is not a function"),
    kind: "bug",
    message: /^Cannot start a session on i-0123456789abcdef0: x is not a function$/,
    hint: /report/,
  },
  { name: "no error at all", error: "text", kind: "bug", message: /: text$/, hint: /^$/ },
];

for (const row of [...SERVICE, ...NETWORK, ...CREDENTIALS, ...OTHER]) {
  Deno.test(`translateAwsError(): ${row.name}`, () => {
    const error = translateAwsError(row.error, { ...CONTEXT, ...row.context });
    assert.equal(error.kind, row.kind);
    assert.match(error.message, row.message);
    assert.match(error.why ?? "", row.why ?? /^/);
    assert.match(error.hint ?? "", row.hint);
    for (const text of [error.message, error.why ?? "", error.hint ?? ""]) {
      assert.doesNotMatch(text, /[.\n]$/, "no final period, one line");
    }
  });
}

Deno.test("translateAwsError() leaves ours as they are", () => {
  const ours = new AppError("config", "ours");
  assert.equal(translateAwsError(ours, CONTEXT), ours);
  assert.equal(translateAwsError(new Error("outer", { cause: ours }), CONTEXT), ours);
});

Deno.test("errors that callers act upon have classes", () => {
  const notConnected = translateAwsError(sdkError("TargetNotConnected", ""), CONTEXT);
  assert.ok(notConnected instanceof TargetNotConnectedError);
  assert.equal(notConnected.target, TARGET);
  assert.ok(
    translateAwsError(sdkError("ExpiredToken", ""), CONTEXT) instanceof ExpiredCredentialsError,
  );
});

Deno.test("no part of an error repeats a secret that the service sent back", () => {
  const token = "IQoJb3JpZ2luX2VjEXAMPLETOKEN/" + "aB3+".repeat(60);
  const canonical =
    "The request signature we calculated does not match the signature you provided.\n" +
    `The Canonical String for this request should have been\n'POST\n/\nx-amz-security-token:${token}'`;
  for (const name of ["SignatureDoesNotMatch", "SomethingNew", "ValidationException"]) {
    for (const text of [canonical, `token ${token} is bad`]) {
      const error = translateAwsError(sdkError(name, text), CONTEXT);
      const shown = [error.message, error.why, error.hint, Deno.inspect(error.cause)].join("\n");
      assert.equal(shown.includes("aB3+aB3+"), false, `${name}: ${shown}`);
    }
  }
});

Deno.test("the command line of a credential process is not shown", () => {
  const failed = providerError("Command failed: /opt/vault --token s3cr3t\nvault: sealed\n");
  const error = translateAwsError(failed, CONTEXT);
  const shown = [error.message, error.why, error.hint, Deno.inspect(error.cause)].join();
  assert.equal(shown.includes("s3cr3t"), false);
});

Deno.test("the cause keeps what the log needs", () => {
  const { cause } = translateAwsError(sdkError("AuthFailure", "text"), CONTEXT);
  assert.ok(cause instanceof Error);
  assert.equal(cause.name, "AuthFailure");
  assert.equal((cause as { requestId?: string }).requestId, "req-1");
});
