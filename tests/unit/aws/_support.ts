/**
 * What the tests of `src/aws` share: an environment, shared files, a service on loopback.
 *
 * @module
 */

import { Aws, type AwsSettings, type EnvLookup } from "../../../src/aws/mod.ts";

/** A lookup in these variables alone. */
export function envOf(variables: Record<string, string>): EnvLookup {
  return (name) => variables[name];
}

/** Keys and region of an environment in which nothing is looked up in files. */
export const KEYS = {
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  AWS_REGION: "us-east-1",
};

/** Writes config and credentials files into a temporary folder for the time of `use`. */
export async function withSharedFiles(
  files: { config: string; credentials: string },
  use: (paths: { AWS_CONFIG_FILE: string; AWS_SHARED_CREDENTIALS_FILE: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ec2-connect-aws-" });
  try {
    const paths = {
      AWS_CONFIG_FILE: `${folder}/config`,
      AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials`,
    };
    await Deno.writeTextFile(paths.AWS_CONFIG_FILE, files.config);
    await Deno.writeTextFile(paths.AWS_SHARED_CREDENTIALS_FILE, files.credentials);
    await use(paths);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One request that the fake service got. */
export interface Received {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

/** An HTTP server on loopback that answers from a function and keeps what it was asked. */
export class FakeService implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answer: (request: Received, count: number) => Response | Promise<Response>) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const received = {
          method: request.method,
          path: pathname + search,
          headers: request.headers,
          body: await request.text(),
        };
        this.received.push(received);
        return await answer(received, this.received.length);
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Settings of a command against a fake service, with keys in the environment. */
export function awsFor(
  url: string,
  more: Partial<AwsSettings> & { variables?: Record<string, string> } = {},
): Aws {
  const { variables, ...settings } = more;
  return new Aws({
    connectionTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
    env: envOf({ ...KEYS, AWS_ENDPOINT_URL: url, ...variables }),
    ...settings,
  });
}

/** An answer of the JSON protocol, an error when it has `__type`. */
export function json(body: unknown, init: ResponseInit = {}): Response {
  return new Response(JSON.stringify(body), {
    ...init,
    headers: { "content-type": "application/x-amz-json-1.1", ...init.headers },
  });
}

/** An answer of the query protocol. */
export function xml(body: string, init: ResponseInit = {}): Response {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`, {
    ...init,
    headers: { "content-type": "text/xml;charset=UTF-8", ...init.headers },
  });
}

/** An error as EC2 writes it. */
export function ec2Error(code: string, message: string, status: number): Response {
  return xml(
    `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors>` +
      `<RequestID>req-1</RequestID></Response>`,
    { status },
  );
}
