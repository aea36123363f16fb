/**
 * A known_hosts file without one name.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { ByteText } from "./byte_text.ts";

/**
 * Takes out the lines about exactly that name, plain or hashed; every other byte stays.
 *
 * Source: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; hashed: `|1|` salt, HMAC-SHA1 of the name, in base64.
 */
export function withoutKnownHost(text: ByteText, name: string): ByteText {
  return text.split(/(?<=\n)/).filter((line) => !isAbout(line, name)).join("");
}

function isAbout(line: string, name: string): boolean {
  const fields = line.trim().split(/\s+/);
  const hosts = (fields[0]?.startsWith("@") ? fields[1] : fields[0]) ?? "";
  const [, hashed, salt, digest] = /^(\|1\|)([^|]+)\|(.+)$/.exec(hosts) ?? [];
  if (hashed === undefined) return hosts.split(",").includes(name);
  return createHmac("sha1", Buffer.from(salt!, "base64")).update(name).digest("base64") === digest;
}
