/**
 * The database's file and folder: where they are, and that only their owner reads them.
 *
 * @module
 */
import { AppError } from "../errors/mod.ts";
import { dataFolder, type PathFacts } from "../platform/mod.ts";
import { databaseError } from "./errors.ts";

const FILE_NAME = "ec2-connect.db";

/**
 * Where the database is: `configured`, else in the usual folder. It need not exist.
 *
 * @param configured The setting `database.path`; a leading `~/` is the home folder.
 * @throws {AppError} `config` where neither the setting nor the environment names a place.
 */
export function databasePath(configured: string | undefined, facts: PathFacts): string {
  const separator = facts.os === "windows" ? "\\" : "/";
  if (configured !== undefined) {
    // Where a Unix shell was installed on Windows HOME may be a path that only it understands.
    const home = facts.env[facts.os === "windows" ? "USERPROFILE" : "HOME"] ?? facts.env["HOME"];
    const isInHome = home !== undefined &&
      (facts.os === "windows" ? /^~[/\\]/ : /^~\//).test(configured);
    return isInHome ? home + separator + configured.slice(2) : configured;
  }
  const folder = dataFolder(facts);
  if (folder !== undefined) return folder + separator + FILE_NAME;
  throw new AppError("config", "Cannot choose a place for the database: no home folder is known", {
    hint: `Set ${
      facts.os === "windows" ? "LOCALAPPDATA" : "HOME"
    }, or EC2_CONNECT_DATABASE to a file`,
  });
}

/** Creates the folder of `path` where it is missing, for its owner alone. */
export async function prepareFolder(path: string): Promise<void> {
  const folder = path.replace(/[\\/][^\\/]*$/, "");
  if (folder === path || folder === "") return;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    // Something that is no folder is in the way: a file, or a link that leads nowhere.
    if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
      throw new AppError("config", `Cannot create the folder ${folder}: a file is in its place`, {
        hint: "Set EC2_CONNECT_DATABASE, or database.path in the configuration, to another file",
        cause: error,
      });
    }
    throw databaseError(error, "Cannot create the folder of", path);
  }
}

/**
 * Creates an empty file, unless one is there. SQLite would create it readable by others; the files
 * that it puts beside get the same permissions.
 *
 * @returns Whether it was missing.
 */
export async function createFile(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw databaseError(error, "Cannot create", path);
    }
  }
  if (await isFolder(path)) {
    throw new AppError("config", `Cannot open the database ${path}: it is a folder`, {
      hint: "Set EC2_CONNECT_DATABASE, or database.path in the configuration, to a file in it",
    });
  }
  return false;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    // A link that leads nowhere.
    throw databaseError(error, "Cannot open", path);
  }
}
