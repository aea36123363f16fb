/**
 * A folder of its own for a database, gone at the end of the test.
 *
 * @module
 */
import { join } from "node:path";
import { Database, type OpenOptions, type SessionRecord } from "../../src/storage/mod.ts";

export class DatabaseFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<DatabaseFolder> {
    return new DatabaseFolder(await Deno.makeTempDir({ prefix: "ec2-connect-database-" }));
  }

  /** In a folder that does not exist yet. */
  get file(): string {
    return join(this.path, "data", "history.db");
  }

  open(options: Partial<OpenOptions> = {}): Promise<Database> {
    return Database.open({ path: this.file, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** When {@link sessionRecord}'s session began. */
export const STARTED_MS = Date.UTC(2024, 0, 1);

/** A session as it could be. */
export function sessionRecord(facts: Partial<SessionRecord> = {}): SessionRecord {
  return {
    sessionId: "me-0001",
    previousSessionIds: [],
    kind: "port",
    instanceId: "i-0123456789abcdef0",
    instanceName: "web",
    selector: "web",
    preset: undefined,
    region: "us-east-1",
    bind: "127.0.0.1",
    localPort: 8080,
    remoteHost: undefined,
    remotePort: 80,
    priority: "normal",
    keepAlive: "always",
    agentVersion: "3.3.0.0",
    mode: "mux",
    state: "active",
    startedAtMs: STARTED_MS,
    connectMs: 41.5,
    activeMs: 1_000,
    reconnects: 1,
    restarts: 0,
    bytesIn: 10,
    bytesOut: 20,
    retransmissions: 2,
    ...facts,
  };
}
