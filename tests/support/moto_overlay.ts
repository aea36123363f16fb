/**
 * A small server in front of moto, for what moto has not: managed nodes and their connections, settings
 * of Systems Manager, status checks that fail. Everything else goes to moto and back unchanged.
 *
 * @module
 */

/** What Systems Manager would say of a node. */
export interface OverlayNode {
  connection: "connected" | "notconnected";
  /** `undefined`: it never registered. */
  ping: "Online" | "ConnectionLost" | undefined;
  agentVersion: string;
}

/** What the overlay answers by itself, as JSON 1.1. */
type Answer = (
  request: Record<string, unknown>,
) => { status?: number; body: Record<string, unknown> };

const SETTING = "/ssm/managed-instance/default-ec2-instance-management-role";

export class MotoOverlay implements AsyncDisposable {
  readonly url: string;
  readonly nodes = new Map<string, OverlayNode>();
  /** Of instances whose status checks fail: `systemStatus` or `instanceStatus`. */
  readonly impaired = new Map<string, "systemStatus" | "instanceStatus">();
  /** The role of default host management. */
  hostManagement = "$None";
  /** `ec2:DescribeVpcs`, in the order in which they came. */
  readonly calls: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #motoUrl: string;

  constructor(motoUrl: string) {
    this.#motoUrl = motoUrl;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#answer(request),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const body = await request.text();
    const { service, action } = nameOf(request, body);
    this.calls.push(`${service}:${action}`);
    const own = service === "ssm" ? this.#own[action] : undefined;
    if (own !== undefined) {
      const { status = 200, body: answer } = own(JSON.parse(body));
      return new Response(JSON.stringify(answer), {
        status,
        headers: { "content-type": "application/x-amz-json-1.1" },
      });
    }
    const forwarded = await this.#forward(request, body);
    if (action !== "DescribeInstanceStatus" || !forwarded.ok) return forwarded;
    return new Response(this.#impair(await forwarded.text()), {
      headers: { "content-type": "text/xml" },
    });
  }

  async #forward(request: Request, body: string): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    // moto reads the signature's scope and does not look at the host.
    const headers = new Headers(request.headers);
    for (const name of ["host", "content-length", "accept-encoding"]) headers.delete(name);
    const answer = await fetch(this.#motoUrl + pathname + search, {
      method: request.method,
      headers,
      ...(request.method === "POST" && { body }),
    });
    const text = await answer.text();
    // moto's KMS says that its JSON is a web page.
    const isJson = request.headers.has("x-amz-target") && text.startsWith("{");
    return new Response(text, {
      status: answer.status,
      headers: {
        "content-type": isJson
          ? "application/x-amz-json-1.1"
          : answer.headers.get("content-type") ?? "",
        date: new Date().toUTCString(),
      },
    });
  }

  readonly #own: Readonly<Record<string, Answer>> = {
    GetConnectionStatus: ({ Target: id }) => ({
      body: {
        Target: id,
        Status: this.nodes.get(String(id))?.connection ?? "notconnected",
      },
    }),
    DescribeInstanceInformation: ({ Filters: filters }) => {
      const wanted = (filters as { Key: string; Values: string[] }[] | undefined)
        ?.find(({ Key }) => Key === "InstanceIds")?.Values;
      const found = [...this.nodes].filter(([id, { ping }]) =>
        ping !== undefined && (wanted === undefined || wanted.includes(id))
      );
      return {
        body: {
          InstanceInformationList: found.map(([InstanceId, node]) => ({
            InstanceId,
            PingStatus: node.ping,
            LastPingDateTime: (Date.now() - (node.ping === "Online" ? 60_000 : 3_600_000)) / 1000,
            AgentVersion: node.agentVersion,
            IsLatestVersion: true,
            PlatformType: "Linux",
            ResourceType: "EC2Instance",
          })),
        },
      };
    },
    DescribeSessions: () => ({ body: { Sessions: [] } }),
    GetServiceSetting: ({ SettingId }) =>
      SettingId === SETTING
        ? {
          body: {
            ServiceSetting: {
              SettingId,
              SettingValue: this.hostManagement,
              Status: this.hostManagement === "$None" ? "Default" : "Customized",
              ARN: `arn:aws:ssm:us-east-1:123456789012:servicesetting${SETTING}`,
            },
          },
        }
        : { status: 400, body: { __type: "ServiceSettingNotFound", message: "" } },
  };

  /** moto knows no impaired status: in an answer about one instance it takes the place of `ok`. */
  #impair(xml: string): string {
    for (const [id, which] of this.impaired) {
      if (!xml.includes(id)) continue;
      xml = xml.replace(new RegExp(`(<${which}>[\\s\\S]*?<status>)ok`), "$1impaired");
    }
    return xml;
  }
}

/** The service by the signature's scope, the action by header or form. */
function nameOf(request: Request, body: string): { service: string; action: string } {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(
    request.headers.get("authorization") ?? "",
  );
  const target = request.headers.get("x-amz-target")?.split(".")[1];
  const action = target ?? new URLSearchParams(body).get("Action") ?? "";
  return { service: scope?.[1] ?? "", action };
}
