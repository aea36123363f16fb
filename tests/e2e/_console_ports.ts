/**
 * Numbers and names in documents that differ each time a command is run.
 *
 * @module
 */
import type { Sandbox } from "../../src/sandbox/mod.ts";

/** What documents call the sandbox's ports; real ones are free ones. */
const DOCUMENTED_PORTS = { sandbox: 4566, echo: 40001, http: 40002, sink: 40003, ssh: 40004 };

/** Real ports behind the documented ones. */
export class PortMap {
  readonly #real = new Map<number, number>();

  constructor(sandbox: Sandbox) {
    const { echo, http, sink, ssh } = sandbox.instances[0]!.services;
    this.set(DOCUMENTED_PORTS.sandbox, Number(new URL(sandbox.endpointUrl).port));
    this.set(DOCUMENTED_PORTS.echo, echo);
    this.set(DOCUMENTED_PORTS.http, http);
    this.set(DOCUMENTED_PORTS.sink, sink);
    this.set(DOCUMENTED_PORTS.ssh, ssh);
  }

  set(documented: number, real: number): void {
    this.#real.set(documented, real);
  }

  /** Gives the local ports that a command line or a file asks for, and that have none yet, a free one. */
  reserve(commandLine: string): void {
    const asked =
      /(?:--local-port|local_port"?[ ]?[:=]|-L(?: (?:127\.0\.0\.1|0\.0\.0\.0):| )|--port)[ =]?(\d+)/g;
    const isOwnSandbox = / sandbox /.test(commandLine);
    for (const [, digits] of commandLine.matchAll(asked)) {
      const port = Number(digits);
      if (port === 0 || port > 65_535) continue;
      if (isOwnSandbox || !this.#real.has(port)) this.set(port, freePort());
    }
  }

  /** `text` with the real ports in place of the documented ones. */
  toReal(text: string): string {
    return text.replace(
      /(?<![\w.-])\d{2,5}(?![\w.])/g,
      (digits) => String(this.#real.get(Number(digits)) ?? digits),
    );
  }

  isKnown(real: number): boolean {
    return [...this.#real.values()].includes(real);
  }
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** A line without what is new each time: ids, times, process numbers, ports nobody asked for. */
export function normalise(line: string, { ports, home }: { ports: PortMap; home: string }): string {
  const unlessKnown = (all: string, before: string, digits: string) =>
    ports.isKnown(Number(digits)) ? all : `${before}PORT`;
  return line
    .replaceAll(home, "/home/me")
    .replace(/(?<=^|Terminated |: ended )[\w.@=+-]+-0[0-9a-f]{8,16}\b/, "ID")
    .replace(/(?<=\S) {2,}/g, "  ")
    .replace(/(?<= )\d+s(?=$|,)/g, "Ns")
    .replace(/\b([Pp]rocess) \d+/g, "$1 N")
    .replace(/\b[\d.]+ ms\b/g, "N ms")
    .replace(/\b[Ss]ession [\w.@=+-]+-0[0-9a-f]{8,16}\b/g, "session ID")
    .replace(/"session_id":"[^"]*"/g, '"session_id":"ID"')
    .replace(/("secret_access_key":"|AWS_SECRET_ACCESS_KEY=)[\w+/]{40}/g, "$1SECRET")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, "TIME")
    .replace(/(data channel to 127\.0\.0\.1:)\d+/g, "$1PORT")
    .replace(/cause: [^(]*\(os error \d+\)/g, "cause: WORDS OF THE SYSTEM")
    .replace(/("(?:endpoint|fault)_url":"http:\/\/127\.0\.0\.1:)(\d+)/g, unlessKnown)
    .replace(/"connect_ms":[\d.]+/g, '"connect_ms":N')
    .replace(/ready in \d+ ms/g, "ready in N ms")
    .replace(/\S+ \(pid \d+\)/g, "PROGRAM (pid N)")
    .replace(/\b([Uu])se port \d+/g, "$1se port N")
    .replace(/\b(echo|http|sink|ssh)("?[: ])\d{4,5}\b/g, "$1$2PORT")
    .replace(/(Forwarding \S+:)(\d{4,5})\b/g, unlessKnown)
    .replace(/("local_port":)(\d{4,5})\b/g, unlessKnown);
}
