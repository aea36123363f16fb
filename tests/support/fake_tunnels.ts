/**
 * `connect` without AWS: instances that are a list, and tunnels that a test opens and ends.
 *
 * @module
 */
import type { Instance, InstanceSelector, InstanceState } from "../../src/aws/mod.ts";
import type { InstancePicker } from "../../src/cli/pick/instance_picker.ts";
import type { ConnectParts, Tunnel, TunnelRequest } from "../../src/cli/connect/parts.ts";
import { FakeHosting } from "./fake_hosting.ts";
import type { LocalAddress, RunningChild, StopSignal } from "../../src/platform/mod.ts";
import type { SessionEnd, SessionEvent, SessionReady } from "../../src/session/mod.ts";

export const INSTANCE_ID = "i-0123456789abcdef0";

export function fakeInstance(partial: Partial<Instance> = {}): Instance {
  return {
    instanceId: INSTANCE_ID,
    name: "web",
    state: "running",
    privateIp: "10.0.0.5",
    privateDns: undefined,
    platform: "linux",
    instanceType: undefined,
    vpcId: undefined,
    subnetId: undefined,
    tags: {},
    ...partial,
  };
}

/** A listener that only counts as one. */
class FakeListener {
  isOpen = true;
  readonly addr: Deno.NetAddr;
  constructor(address: LocalAddress, freePort: number) {
    const port = address.port === 0 ? freePort : address.port;
    this.addr = { transport: "tcp", hostname: address.bind, port };
  }
  close(): void {
    this.isOpen = false;
  }
}

export class FakeTunnel implements Tunnel {
  readonly ready: SessionReady;
  readonly request: TunnelRequest;
  readonly #closed = Promise.withResolvers<SessionEnd>();
  readonly closed = this.#closed.promise;
  closeCalls = 0;

  constructor(request: TunnelRequest, number: number) {
    this.request = request;
    const { forward, instance: { instanceId }, listener } = request;
    this.ready = {
      sessionId: `me-000${number}`,
      instanceId,
      bind: forward.bind,
      localPort: listener.addr.port,
      remoteHost: forward.remoteHost,
      remotePort: forward.remotePort,
      connectMs: 41.26,
      agentVersion: "3.3.0.0",
      mode: "mux",
    };
  }

  emit(event: SessionEvent): void {
    this.request.onEvent(event);
  }

  /** Ends it as the other side, or the network, would. */
  end(end: SessionEnd): void {
    this.request.listener.close();
    this.#closed.resolve(end);
  }

  snapshot(): never {
    throw new Error("nobody looks at a fake tunnel");
  }

  reconnect(): void {}

  setFrugal(): void {}

  probe(): Promise<number> {
    return Promise.resolve(1);
  }

  onStateChange(): Disposable {
    return { [Symbol.dispose]() {} };
  }

  close(): Promise<void> {
    this.closeCalls++;
    this.end({ by: "user", reason: "" });
    return Promise.resolve();
  }

  stats() {
    return {
      bytesIn: 0,
      bytesOut: 0,
      roundTripMs: 1.5,
      openConnections: 0,
      retransmissions: 0,
      reconnects: 0,
    };
  }
}

export class FakeParts implements ConnectParts {
  readonly listeners: FakeListener[] = [];
  readonly tunnels: FakeTunnel[] = [];
  readonly calls: string[] = [];
  readonly children: {
    command: readonly string[];
    env: Record<string, string>;
    end(code: number): void;
    signals: StopSignal[];
  }[] = [];
  isDisposed = false;
  readonly hosting = new FakeHosting();
  allInstances: Instance[] = [fakeInstance()];
  picked: { ids: string[]; question: string }[] = [];
  /** In place of opening the tunnel with this number, counted from 1. */
  openInstead = new Map<number, (request: TunnelRequest) => Promise<Tunnel>>();
  listenInstead: ((address: LocalAddress) => Promise<Deno.TcpListener>) | undefined;
  /** Called when a tunnel has been opened, a child started. */
  onTunnel: () => void = () => {};
  onChild: () => void = () => {};
  #requests = 0;

  readonly instances = {
    profile: undefined,
    region: () => Promise.resolve("us-east-1"),
    findInstances: (selector: InstanceSelector) => {
      this.calls.push(`findInstances ${selector.by}`);
      const all = this.allInstances;
      return Promise.resolve(
        selector.by === "name" ? all.filter(({ name }) => name === selector.name) : all,
      );
    },
    instanceState: (instanceId: string): Promise<InstanceState | "unknown"> => {
      this.calls.push(`instanceState ${instanceId}`);
      const found = this.allInstances.find((each) => each.instanceId === instanceId);
      return Promise.resolve(found?.state ?? "unknown");
    },
  };

  startHosting(): FakeHosting {
    return this.hosting;
  }

  async listen(address: LocalAddress): Promise<Deno.TcpListener> {
    this.calls.push(`listen ${address.bind} ${address.port}`);
    if (this.listenInstead !== undefined) return await this.listenInstead(address);
    const listener = new FakeListener(address, 50_001 + this.listeners.length);
    this.listeners.push(listener);
    return listener as unknown as Deno.TcpListener;
  }

  async openTunnel(request: TunnelRequest): Promise<Tunnel> {
    const number = ++this.#requests;
    this.calls.push(`open ${request.instance.instanceId} ${request.forward.remotePort}`);
    const instead = this.openInstead.get(number);
    if (instead !== undefined) return await instead(request);
    const tunnel = new FakeTunnel(request, number);
    this.tunnels.push(tunnel);
    this.onTunnel();
    return tunnel;
  }

  startChild(command: readonly string[], options: { env: Record<string, string> }): RunningChild {
    const status = Promise.withResolvers<number>();
    const signals: StopSignal[] = [];
    this.children.push({ command, env: options.env, end: status.resolve, signals });
    this.onChild();
    return { status: status.promise, signal: (name) => signals.push(name) };
  }

  readonly picker: InstancePicker = {
    pickOne: (question) => this.picker.pickAmong(this.allInstances, question),
    pickSeveral: async (question) => [await this.picker.pickOne(question)],
    pickAmong: (instances, question) => {
      this.picked.push({ ids: instances.map(({ instanceId }) => instanceId), question });
      return Promise.resolve(instances[0]!);
    },
  };

  [Symbol.dispose](): void {
    this.isDisposed = true;
  }

  /** Nothing is left open. */
  get isClean(): boolean {
    return this.isDisposed && this.listeners.every(({ isOpen }) => !isOpen);
  }
}
