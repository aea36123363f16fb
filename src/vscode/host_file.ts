/**
 * The file of ours that the user's ssh configuration includes: one Host block an instance.
 *
 * The file is all that is remembered. A block that is not written anew stays as it is, byte for byte.
 *
 * @module
 */
import { type ByteText, encoded } from "./byte_text.ts";
import { readDirectives } from "./directives.ts";

const HEADER = `\
# Written by ec2-connect. \`ec2-connect vscode setup\` and \`vscode cleanup\` change this file;
# settings of your own belong into your ssh configuration.
`;

/** One block. */
export interface HostBlock {
  /** What ssh may be given, the best first; the last is the instance id. */
  aliases: string[];
  instanceId: string;
  /** From its Host line on, ending with a line end. */
  text: ByteText;
}

/** What a block says. */
export interface HostEntry {
  aliases: readonly string[];
  instanceId: string;
  /** Undefined: the rest of the user's configuration decides. */
  user: string | undefined;
  /** As {@link pathValue} gives them. */
  identityFile: string | undefined;
  knownHostsFile: string;
  /** As {@link proxyCommand} gives it. */
  proxyCommand: string;
}

export function hostBlock(entry: HostEntry): HostBlock {
  const { aliases, instanceId, user, identityFile, knownHostsFile, proxyCommand } = entry;
  const lines = [
    `Host ${aliases.join(" ")}`,
    `  HostName ${instanceId}`,
    // Names and ports come and go; the instance's key is remembered under its id.
    `  HostKeyAlias ${instanceId}`,
    ...(user === undefined ? [] : [`  User ${user}`]),
    ...(identityFile === undefined
      ? []
      : [`  IdentityFile ${identityFile}`, "  IdentitiesOnly yes"]),
    // The way to the instance is AWS's; a key that has changed is refused nevertheless.
    "  StrictHostKeyChecking accept-new",
    `  UserKnownHostsFile ${knownHostsFile}`,
    `  ProxyCommand ${proxyCommand}`,
  ];
  return { aliases: [...aliases], instanceId, text: encoded(lines.join("\n") + "\n") };
}

/** The value of a block's setting as it is written; undefined without one. */
export function settingOf({ text }: Pick<HostBlock, "text">, keyword: string): string | undefined {
  return new RegExp(`^\\s*${keyword}\\s+(.*?)\\s*$`, "im").exec(text)?.[1];
}

/** Whether ssh-proxy sends the block's key through EC2 Instance Connect. */
export function pushesKey(block: Pick<HostBlock, "text">): boolean {
  return /\s--push-key\s/.test(settingOf(block, "ProxyCommand") ?? "");
}

/** The blocks of the file; what has no HostName is not ours and is skipped. */
export function readHostFile(text: ByteText | undefined): HostBlock[] {
  if (text === undefined) return [];
  return sections(text).flatMap(({ text }) => {
    const instanceId = settingOf({ text }, "HostName");
    const [host] = readDirectives(text, "the file of ec2-connect");
    if (instanceId === undefined || host?.keyword !== "host") return [];
    return [{ aliases: host.values, instanceId, text: text.trimEnd() + "\n" }];
  });
}

/** With the block of an instance put in, in the place of the one before. */
export function withBlock(text: ByteText | undefined, block: HostBlock): ByteText {
  const start = text ?? encoded(HEADER);
  const old = sectionOf(start, block.instanceId);
  if (old !== undefined) {
    const rest = /\n*$/.exec(old.text)![0].slice(1);
    return start.slice(0, old.start) + block.text + rest +
      start.slice(old.start + old.text.length);
  }
  return `${start.trimEnd()}\n\n${block.text}`;
}

/** Without the block of an instance; undefined when none is left. */
export function withoutBlock(text: ByteText, instanceId: string): ByteText | undefined {
  const old = sectionOf(text, instanceId);
  if (old === undefined) return text;
  const rest = text.slice(0, old.start) + text.slice(old.start + old.text.length);
  return readHostFile(rest).length === 0 ? undefined : `${rest.trimEnd()}\n`;
}

interface Section {
  start: number;
  text: ByteText;
}

function sections(text: ByteText): Section[] {
  const starts = [...text.matchAll(/^[ \t]*Host[ \t=]/gim)].map(({ index }) => index);
  return starts.map((start, at) => ({ start, text: text.slice(start, starts[at + 1]) }));
}

function sectionOf(text: ByteText, instanceId: string): Section | undefined {
  return sections(text).find((section) => readHostFile(section.text)[0]?.instanceId === instanceId);
}
