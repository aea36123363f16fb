/**
 * The HTTP service behind every instance.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /` | a small page |
 * | `GET /bytes?n=N` | N bytes of a fixed pattern; header `x-sha256` holds their SHA-256 in hexadecimal |
 * | `POST /upload` | JSON `{"bytes": N, "sha256": "…"}` of the request's body |
 *
 * @module
 */
import { createHash } from "node:crypto";
import { patternBytes, patternDigest } from "./pattern_bytes.ts";

const MAX_BYTES = 2 ** 30;
/** Digests of large answers take a while; the same sizes are asked for again. */
const digests = new Map<number, string>();

export interface HttpService {
  port: number;
  stop(): Promise<void>;
}

export function openHttp(hostname: string): HttpService {
  const server = Deno.serve({ hostname, port: 0, onListen() {} }, answer);
  return { port: server.addr.port, stop: () => server.shutdown() };
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (url.pathname === "/" && isRead) {
    return new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } });
  }
  if (url.pathname === "/bytes" && isRead) return answerBytes(url.searchParams.get("n"));
  if (url.pathname === "/upload" && request.method === "POST") return await answerUpload(request);
  return new Response("There is GET /, GET /bytes?n=N and POST /upload\n", { status: 404 });
}

const PAGE = `<!doctype html>
<title>ec2-connect sandbox</title>
<h1>It works</h1>
<p>This page came from the sandbox's HTTP service. Try <a href="/bytes?n=1000">/bytes?n=1000</a>.
`;

function answerBytes(n: string | null): Response {
  const count = /^\d{1,10}$/.test(n ?? "") ? Number(n) : NaN;
  if (!(count <= MAX_BYTES)) {
    return new Response(`n must be an integer from 0 to ${MAX_BYTES}\n`, { status: 400 });
  }
  let digest = digests.get(count);
  if (digest === undefined) {
    digest = patternDigest(count);
    if (digests.size < 100) digests.set(count, digest);
  }
  const blocks = patternBytes(count);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { value, done } = blocks.next();
      if (done) controller.close();
      // The generator writes the next block over this one.
      else controller.enqueue(value.slice());
    },
  });
  return new Response(body, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(count),
      "x-sha256": digest,
    },
  });
}

async function answerUpload(request: Request): Promise<Response> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return Response.json({ bytes, sha256: hash.digest("hex") });
}
