/**
 * The tables of the database, as steps from one version to the next.
 *
 * A step that was released is never changed; a change is a new step at the end. Times are epoch
 * milliseconds, sizes bytes. Nothing here has room for a token or a credential.
 *
 * @module
 */

/** In the file's header; tells our files from other programs' (`EC2C` in ASCII). */
export const APPLICATION_ID = 0x45433243;

/** Statements that lead from version N, the index, to version N + 1. */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // AUTOINCREMENT: the id of a removed session must not come to mean another one.
    `CREATE TABLE session (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      session_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      instance_id TEXT NOT NULL,
      instance_name TEXT,
      selector TEXT NOT NULL,
      region TEXT NOT NULL,
      bind TEXT NOT NULL,
      local_port INTEGER NOT NULL,
      remote_host TEXT,
      remote_port INTEGER NOT NULL,
      priority TEXT NOT NULL,
      keep_alive TEXT NOT NULL,
      host_pid INTEGER NOT NULL,
      is_background INTEGER NOT NULL,
      agent_version TEXT NOT NULL,
      mode TEXT NOT NULL,
      state TEXT NOT NULL,
      started_at_ms INTEGER NOT NULL,
      updated_at_ms INTEGER NOT NULL,
      connect_ms REAL NOT NULL,
      active_ms REAL NOT NULL,
      reconnects INTEGER NOT NULL,
      restarts INTEGER NOT NULL,
      bytes_in INTEGER NOT NULL,
      bytes_out INTEGER NOT NULL,
      retransmissions INTEGER NOT NULL,
      ended_at_ms INTEGER,
      ended_by TEXT,
      end_reason TEXT
    ) STRICT`,
    "CREATE INDEX session_by_start ON session (started_at_ms)",
    "CREATE INDEX session_by_session_id ON session (session_id)",
    // AWS's ids that a session had before a restart gave it a new one.
    `CREATE TABLE previous_session_id (
      session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
      session_id TEXT NOT NULL,
      PRIMARY KEY (session, session_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE state_change (
      id INTEGER PRIMARY KEY,
      session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
      at_ms INTEGER NOT NULL,
      from_state TEXT NOT NULL,
      to_state TEXT NOT NULL,
      reason TEXT
    ) STRICT`,
    "CREATE INDEX state_change_by_session ON state_change (session, at_ms)",
    // Counters are sums since the session began; round_trips counts those since the sample before.
    `CREATE TABLE sample (
      id INTEGER PRIMARY KEY,
      session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
      at_ms INTEGER NOT NULL,
      span_ms INTEGER NOT NULL,
      round_trips TEXT NOT NULL,
      bytes_in INTEGER NOT NULL,
      bytes_out INTEGER NOT NULL,
      retransmissions INTEGER NOT NULL,
      active_ms REAL NOT NULL,
      open_connections INTEGER NOT NULL
    ) STRICT`,
    "CREATE INDEX sample_by_session ON sample (session, at_ms)",
    "CREATE INDEX sample_by_age ON sample (span_ms, at_ms)",
  ],
  // The preset of the configuration that opened it.
  ["ALTER TABLE session ADD COLUMN preset TEXT"],
];

/** The version that this program writes and reads. */
export const SCHEMA_VERSION = MIGRATIONS.length;
