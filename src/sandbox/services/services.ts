/**
 * The services behind the instances. One set serves them all: every agent's `localhost` is this one.
 *
 * @module
 */
import type { SandboxServices } from "../contracts.ts";
import { openHttp } from "./http_service.ts";
import { openEcho, openSink, openSshBanner } from "./plain_services.ts";

export interface Services {
  ports: SandboxServices;
  stop(): Promise<void>;
}

export async function openServices(
  options: { hostname: string; sinkSilenceMs: number },
): Promise<Services> {
  const { hostname, sinkSilenceMs } = options;
  const http = openHttp(hostname);
  const echo = await openEcho(hostname);
  const sink = await openSink(hostname, sinkSilenceMs);
  const ssh = await openSshBanner(hostname);
  return {
    ports: { echo: echo.port, http: http.port, sink: sink.port, ssh: ssh.port },
    async stop() {
      await Promise.all([http.stop(), echo.stop(), sink.stop(), ssh.stop()]);
    },
  };
}
