/**
 * Remembered facts as files: one each, in a folder for each instance, readable by their owner alone.
 *
 * Files are replaced whole, so that two runs at once leave no torn one; whatever cannot be read is
 * removed and counts as not remembered.
 *
 * @module
 */

import { join } from "node:path";
import { writeWholeFile } from "../../platform/mod.ts";

/** Where facts of one instance are, as seen by one caller. */
export interface CacheScope {
  accountId: string;
  region: string;
  instanceId: string;
}

/** Takes note of what was wrong with a file. */
export type Complain = (message: string) => void;

/** Facts are named by a digest; notes about the instance have names in words. */
const FACT_NAME = /^[\da-f]{64}\.json$/;

export class FactFiles {
  readonly #folder: string;
  readonly #complain: Complain;

  /** @param folder Need not exist. */
  constructor(folder: string, complain: Complain) {
    this.#folder = folder;
    this.#complain = complain;
  }

  /** Undefined when there is none, or none that can be read. */
  async read(scope: CacheScope, name: string): Promise<unknown> {
    const path = join(this.#folderOf(scope), `${name}.json`);
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) await this.#drop(path, "it cannot be read");
      return undefined;
    }
    try {
      return JSON.parse(text);
    } catch {
      await this.#drop(path, "it is damaged");
      return undefined;
    }
  }

  /** Failing to remember is no failure: the next run reads again. */
  async write(scope: CacheScope, name: string, value: unknown): Promise<void> {
    const folder = this.#folderOf(scope);
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWholeFile(join(folder, `${name}.json`), JSON.stringify(value), { mode: 0o600 });
    } catch (error) {
      this.#complain(`not remembered: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Removes a file that makes no sense, and says so. */
  async drop(scope: CacheScope, name: string, why: string): Promise<void> {
    await this.#drop(join(this.#folderOf(scope), `${name}.json`), why);
  }

  /** Removes what is remembered of an instance. @returns How many facts. */
  async clear(scope: CacheScope): Promise<number> {
    const folder = this.#folderOf(scope);
    let count = 0;
    try {
      for await (const { name } of Deno.readDir(folder)) {
        if (FACT_NAME.test(name)) count += 1;
      }
      await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return count;
  }

  async #drop(path: string, why: string): Promise<void> {
    this.#complain(`a remembered fact is dropped, ${why}: ${path}`);
    await Deno.remove(path).catch(() => {});
  }

  #folderOf({ accountId, region, instanceId }: CacheScope): string {
    return join(this.#folder, `${accountId}_${region}`, instanceId);
  }
}
