/**
 * HTTP on loopback for those who hold the token, and nothing for anybody else.
 *
 * What is checked here, in this order, before any route sees a request: the token (401, whatever else
 * is wrong), the Host header (403), the size (413) and the form (400) of the body.
 *
 * @module
 */
import { messageOf } from "../../errors/mod.ts";
import { isSameSecret } from "./token.ts";

/** Largest body of a request: a command line and some environment variables. */
export const BODY_LIMIT_BYTES = 64 * 1024;

/** One request that may be answered. */
export interface ControlCall {
  method: string;
  /** Without the query. */
  path: string;
  /** Parsed JSON; undefined without a body. */
  body: unknown;
}

/** Answers a call: a response of its own, JSON for a 200, or undefined for "no such thing". */
export type AnswerCall = (call: ControlCall) => unknown | Promise<unknown>;

/** A refusal that a route throws. */
export class ControlRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ControlRefusal";
    this.status = status;
  }
}

export interface ControlServer {
  readonly port: number;
  /** Answers what it has begun to, and nothing more. */
  shutdown(): Promise<void>;
}

/**
 * Listens on a free port of 127.0.0.1.
 *
 * @param options.log Takes a line about a failure of ours; the caller is told none of it.
 */
export function serveControl(
  options: { token: string; answer: AnswerCall; log: (line: string) => void },
): ControlServer {
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    onError: (error) => {
      options.log(`control endpoint: ${messageOf(error)}`);
      return refuse(500, "internal error");
    },
  }, (request) => respond(request, { ...options, port: server.addr.port }));
  return { port: server.addr.port, shutdown: () => server.shutdown() };
}

async function respond(
  request: Request,
  { token, port, answer }: { token: string; port: number; answer: AnswerCall },
): Promise<Response> {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (!isSameSecret(given, token)) return refuse(401, "unauthorized");
  if (!isLoopbackHost(request.headers.get("host"), port)) return refuse(403, "wrong Host header");
  try {
    const { pathname } = new URL(request.url);
    const body = await readJson(request);
    const found = await answer({ method: request.method, path: pathname, body });
    if (found === undefined) return refuse(404, "no such resource");
    return found instanceof Response ? found : Response.json(found, { headers: HEADERS });
  } catch (error) {
    if (error instanceof ControlRefusal) return refuse(error.status, error.message);
    throw error;
  }
}

/** A name that leads here by chance, or by rebinding in a browser, is not one of these. */
function isLoopbackHost(host: string | null, port: number): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].some((name) => host === `${name}:${port}`);
}

async function readJson(request: Request): Promise<unknown> {
  if (request.body === null) return undefined;
  const bytes = new Uint8Array(BODY_LIMIT_BYTES);
  let length = 0;
  for await (const chunk of request.body) {
    if (length + chunk.byteLength > BODY_LIMIT_BYTES) {
      throw new ControlRefusal(413, `more than ${BODY_LIMIT_BYTES} bytes`);
    }
    bytes.set(chunk, length);
    length += chunk.byteLength;
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length)));
  } catch {
    throw new ControlRefusal(400, "no JSON");
  }
}

const HEADERS = { "cache-control": "no-store" };

function refuse(status: number, message: string): Response {
  return Response.json({ error: { message } }, { status, headers: HEADERS });
}
