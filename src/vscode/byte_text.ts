/**
 * Files of the user's as text whose characters are the bytes: whatever encoding a file has, what is not
 * touched goes back as it came.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { AppError, messageOf } from "../errors/mod.ts";

/** Text of characters 0 to 255, each one byte of a file. */
export type ByteText = string;

export function toByteText(bytes: Uint8Array): ByteText {
  return Buffer.from(bytes).toString("latin1");
}

export function bytesOf(text: ByteText): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Text of ours, as UTF-8, to stand in a file of the user's. */
export function encoded(text: string): ByteText {
  return toByteText(new TextEncoder().encode(text));
}

/** The text that UTF-8 bytes mean, for messages and paths. */
export function decoded(text: ByteText): string {
  return new TextDecoder().decode(bytesOf(text));
}

/**
 * The content of a file; undefined when there is none.
 *
 * @throws {AppError} `config` when it is there and cannot be read.
 */
export async function readByteText(path: string): Promise<ByteText | undefined> {
  try {
    return toByteText(await Deno.readFile(path));
  } catch (error) {
    // With the executable's permissions a link to nowhere is an error of its own.
    if (error instanceof Deno.errors.NotFound || await leadsNowhere(path)) return undefined;
    const found = error instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a folder"
      : error instanceof Deno.errors.NotADirectory
      ? "what should be its folder is a file"
      : messageOf(error).replace(/ \(os error .*$/s, "");
    throw new AppError("config", `Cannot read ${path}: ${found}`, {
      why: "Without reading it nothing can be added to it safely; it is left as it is",
      hint: `Look at it with: ls -l ${path}`,
      cause: error,
    });
  }
}

async function leadsNowhere(path: string): Promise<boolean> {
  try {
    await Deno.realPath(path);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
