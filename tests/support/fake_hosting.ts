/**
 * A host that nobody finds.
 *
 * @module
 */
import type { Hosting } from "../../src/cli/hosting.ts";
import type { HostedSession } from "../../src/session/mod.ts";

export class FakeHosting implements Hosting {
  readonly held: HostedSession[] = [];
  floors = 0;
  isDisposed = false;

  takeFloor(): void {
    this.floors++;
  }

  hold(session: HostedSession): Promise<void> {
    this.held.push(session);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}
