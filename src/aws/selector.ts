/**
 * What a person may write for INSTANCE, and which instances that means.
 *
 * @module
 */

import { AppError } from "../errors/mod.ts";
import type { InstanceSelector } from "./contracts.ts";

/** EC2 ids have 8 or 17 hex digits, managed (hybrid) nodes 17. */
const INSTANCE_ID = /^(?:i-(?:[0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/;
/** What is surely meant as an id: nobody else writes `i-` and one word. `i-am-a-name` is a name. */
const LOOKS_LIKE_ID = /^m?i-[0-9a-z]*$/;
const FOUR_NUMBERS = /^\d+(?:\.\d+){3}$/;
const HOST_NAME = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)+$/i;

/** Whether a text is meant for an instance id, a whole and right one or not. */
export function isWrittenAsId(text: string): boolean {
  return LOOKS_LIKE_ID.test(text.trim().toLowerCase());
}

/**
 * Reads an INSTANCE argument: `i-…` or `mi-…`, `tag:KEY=VALUE`, a private IPv4 or IPv6 address, a
 * private DNS name (anything with a dot that can be a host name), else a Name tag.
 *
 * @throws {AppError} `usage` for an empty text, a broken id, tag or address.
 */
export function parseSelector(text: string): InstanceSelector {
  const trimmed = text.trim();
  if (trimmed === "") throw refusal(text, "it is empty");
  if (trimmed.startsWith("tag:")) return parseTag(trimmed);
  const lower = trimmed.toLowerCase();
  if (INSTANCE_ID.test(lower)) return { by: "id", instanceId: lower };
  if (isWrittenAsId(lower)) {
    throw refusal(text, "an instance id is i- and 17 (or 8) hex digits", {
      hint: `If that is the instance's name, write tag:Name=${trimmed}`,
    });
  }
  const address = FOUR_NUMBERS.test(trimmed) ? ipv4Address(trimmed) : ipv6Address(trimmed);
  if (address !== undefined) return { by: "ip", address };
  if (FOUR_NUMBERS.test(trimmed)) throw refusal(text, "it is no IPv4 address");
  if (HOST_NAME.test(trimmed)) return { by: "dns", dnsName: trimmed };
  return { by: "name", name: trimmed };
}

/** The selector in words, to name it in a message. */
export function describeSelector(selector: InstanceSelector): string {
  switch (selector.by) {
    case "id":
      return `with id ${selector.instanceId}`;
    case "name":
      return `named "${selector.name}"`;
    case "tag":
      return `with tag ${selector.key}=${selector.value}`;
    case "ip":
      return `with private address ${selector.address}`;
    case "dns":
      return `with DNS name or name "${selector.dnsName}"`;
    case "all":
      return "at all";
    default:
      return selector satisfies never;
  }
}

/** Whether the id is one of a hybrid-activated node, which EC2 knows nothing of. */
export function isManagedNodeId(instanceId: string): boolean {
  return instanceId.startsWith("mi-");
}

function ipv4Address(text: string): string | undefined {
  return text.split(".").every((part) => Number(part) <= 255 && !/^0\d/.test(part))
    ? text
    : undefined;
}

/** The address as EC2 writes it (shortest form), brackets allowed; undefined when it is none. */
function ipv6Address(text: string): string | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (!bare.includes(":") || !/^[\da-f:.]+$/i.test(bare)) return undefined;
  // The URL parser knows the rules, and node:net would be one more module to load.
  const url = URL.parse(`http://[${bare}]/`);
  return url?.hostname.slice(1, -1);
}

function parseTag(text: string): InstanceSelector {
  const pair = text.slice("tag:".length);
  const equals = pair.indexOf("=");
  if (equals <= 0) throw refusal(text, "a tag is written tag:KEY=VALUE");
  return { by: "tag", key: pair.slice(0, equals), value: pair.slice(equals + 1) };
}

function refusal(text: string, why: string, options: { hint?: string } = {}): AppError {
  return new AppError("usage", `Cannot read INSTANCE "${text}": ${why}`, {
    hint: options.hint ??
      "Give an instance id, a Name tag, tag:KEY=VALUE, or a private IP address or DNS name",
  });
}
