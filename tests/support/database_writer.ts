/**
 * A program that writes sessions into a database: `database_writer.ts FILE NAME COUNT`. Says `ready`,
 * waits for a line on standard input, then writes; a count of 0 writes until it is killed.
 *
 * @module
 */
import {
  addSample,
  addSession,
  addStateChange,
  Database,
  updateSession,
} from "../../src/storage/mod.ts";
import { sessionRecord, STARTED_MS } from "./database_folder.ts";

const [path, name, count] = Deno.args as [string, string, string];
const say = (line: string) => Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
await say("ready");
await Deno.stdin.read(new Uint8Array(16));
using database = await Database.open({ path });
for (let n = 0; Number(count) === 0 || n < Number(count); n++) {
  const session = sessionRecord({ sessionId: `${name}-${n}` });
  database.transaction(() => {
    const id = addSession(database, session, {
      hostPid: Deno.pid,
      isBackground: false,
      nowMs: STARTED_MS,
    });
    addStateChange(database, id, { atMs: STARTED_MS, from: "connecting", to: "active" });
    addSample(database, id, {
      atMs: STARTED_MS,
      spanMs: 0,
      roundTrips: [[1, 1]],
      bytesIn: 0,
      bytesOut: 0,
      retransmissions: 0,
      activeMs: 0,
      openConnections: 0,
    });
    updateSession(database, id, { session, nowMs: STARTED_MS + 1 });
  });
  if (n === 20) await say("busy");
}
