/**
 * What a command is about to change, so that it can be shown before it is done.
 *
 * @module
 */
import { AppError, messageOf } from "../errors/mod.ts";
import { followLinks, rewriteFile, writeWholeFile } from "../platform/mod.ts";
import { bytesOf, type ByteText, decoded } from "./byte_text.ts";
import { unifiedDiff } from "./text_diff.ts";

export interface FileChange {
  path: string;
  /** Undefined: it is not there. */
  before: ByteText | undefined;
  /** Undefined: it is taken away. */
  after: ByteText | undefined;
  /** It is the user's: what was in it is kept beside it. */
  keepsBackup?: boolean;
  /** Nothing of it is ever shown. */
  isSecret?: boolean;
}

export type ChangeKind = "unchanged" | "created" | "changed" | "removed";

export function kindOf({ before, after }: FileChange): ChangeKind {
  if (before === after) return "unchanged";
  if (before === undefined) return "created";
  return after === undefined ? "removed" : "changed";
}

/** As `diff -u`; empty for what is unchanged or secret. */
export function diffOf({ path, before, after, isSecret }: FileChange): string[] {
  if (isSecret) return [];
  return unifiedDiff(decoded(before ?? ""), decoded(after ?? ""), {
    before: before === undefined ? "/dev/null" : path,
    after: after === undefined ? "/dev/null" : path,
  });
}

/** What was done. */
export interface AppliedChange {
  path: string;
  kind: ChangeKind;
  /** Undefined where none was needed. */
  backup: string | undefined;
}

/**
 * @param atMs Names the backup; epoch milliseconds.
 * @throws {AppError} When a file cannot be written; it is then as it was.
 */
export async function applyChange(change: FileChange, atMs: number): Promise<AppliedChange> {
  const { path, after, keepsBackup } = change;
  const kind = kindOf(change);
  const done = (backup?: string): AppliedChange => ({ path, kind, backup });
  if (kind === "unchanged") return done();
  try {
    if (after === undefined) {
      await Deno.remove(path);
      return done();
    }
    const content = bytesOf(after);
    if (kind === "changed" && keepsBackup) {
      const stamp = new Date(atMs).toISOString().replace(/[-:.]/g, "");
      const backup = `${path}.ec2-connect-backup-${stamp}`;
      await rewriteFile(path, content, { backup });
      return done(backup);
    }
    const folder = path.replace(/[\\/][^\\/]*$/, "");
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWholeFile(await followLinks(path), content);
    return done();
  } catch (error) {
    throw explained(error, path);
  }
}

function explained(error: unknown, path: string): AppError {
  const known = error instanceof AppError ? error : undefined;
  const refused = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
  const found = refused
    ? "permission denied"
    : error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.AlreadyExists
    ? "what should be its folder is a file"
    : messageOf(error).replace(/ \(os error .*$/s, "");
  return new AppError(known?.kind ?? "usage", known?.message ?? `Cannot write ${path}: ${found}`, {
    why: "What ssh reads is as it was",
    hint: "Allow writing there (ls -ld, chmod u+w), or see what would be written with --dry-run",
    cause: error,
  });
}
