/**
 * The fault API over HTTP; what it takes is described in `fault.ts`.
 *
 * @module
 */
import { AppError } from "../../errors/mod.ts";
import type { FaultControls } from "../contracts.ts";
import { parseFault } from "./parse.ts";

export const FAULT_PATH = "/_faults";

/** Answers a request under {@link FAULT_PATH}. */
export async function answerFaultApi(request: Request, faults: FaultControls): Promise<Response> {
  // A web page may send a POST to loopback, but its browser says where the page came from.
  if (request.headers.has("origin")) return refuse(403, "not for web pages");
  const rest = new URL(request.url).pathname.slice(FAULT_PATH.length);
  const id = /^\/(\d+)$/.exec(rest)?.[1];
  if (rest !== "" && rest !== "/" && id === undefined) return refuse(404, "there is only /_faults");
  switch (request.method) {
    case "GET":
      return Response.json({ faults: faults.list() });
    case "DELETE":
      if (id !== undefined && !faults.list().some((active) => active.id === Number(id))) {
        return refuse(404, `there is no fault ${id}`);
      }
      faults.clear(id === undefined ? undefined : Number(id));
      return Response.json({ faults: faults.list() });
    case "POST":
      return await apply(request, faults);
    default:
      return refuse(405, "there is GET, POST and DELETE");
  }
}

async function apply(request: Request, faults: FaultControls): Promise<Response> {
  try {
    return Response.json(faults.apply(parseFault(await readJson(request))));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refuse(400, error.message, error.hint);
  }
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    return undefined;
  }
}

function refuse(status: number, error: string, hint?: string): Response {
  return Response.json({ error, ...(hint !== undefined && { hint }) }, { status });
}
