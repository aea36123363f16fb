/**
 * A host that nobody finds.
 *
 * @module
 */
import type { Hosting } from "../../src/cli/hosting.ts";
import type { HostedSession, SessionEvent } from "../../src/session/mod.ts";

export class FakeHosting implements Hosting {
  readonly held: HostedSession[] = [];
  readonly events: SessionEvent[] = [];
  isDisposed = false;

  noteEvent(event: SessionEvent): void {
    this.events.push(event);
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
