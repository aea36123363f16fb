/**
 * What ssh is given to reach an instance: a safe word out of its Name tag, beside its id.
 *
 * @module
 */

/** Long names read badly, and editors make folder names of them. */
const MAX_LENGTH = 63;
const ID_SUFFIX_LENGTH = 6;
/** Means this machine to people and programs. */
const RESERVED = new Set([
  "localhost",
  "localhost4",
  "localhost6",
  "ip6-localhost",
  "broadcasthost",
]);

/**
 * A Name tag as one word that means nothing to ssh, a shell or an editor: letters, digits, `_` and `-`.
 *
 * It has no dot, so it never takes the place of a host in DNS: anybody who may tag an instance could name
 * it like a host that keys and passwords are sent to.
 *
 * @returns Undefined when nothing is left of it.
 */
export function safeName(name: string): string | undefined {
  const word = name.normalize("NFKD")
    // Accents, which the decomposition has set apart from their letters.
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "")
    .slice(0, MAX_LENGTH)
    .replace(/[-_]+$/, "");
  // A word of ids means another instance to everything else here.
  return word === "" || /^m?i-[0-9a-f]+$/i.test(word) ? undefined : word;
}

/** An alias, and why it is not the plain name. */
export interface ChosenAlias {
  /** Undefined: the id alone. */
  alias: string | undefined;
  /** The plain name, where it could not be had. */
  refused: string | undefined;
}

/**
 * @param isTaken Whether a name is another instance's or the user's own. Capitals make no difference.
 */
export function chooseAlias(
  { instanceId, name }: { instanceId: string; name: string | undefined },
  isTaken: (alias: string) => boolean,
): ChosenAlias {
  const plain = name === undefined ? undefined : safeName(name);
  if (plain === undefined) return { alias: undefined, refused: undefined };
  if (!RESERVED.has(plain.toLowerCase()) && !isTaken(plain)) {
    return { alias: plain, refused: undefined };
  }
  const longer = `${plain.slice(0, MAX_LENGTH - ID_SUFFIX_LENGTH - 1)}-${
    instanceId.slice(-ID_SUFFIX_LENGTH)
  }`;
  return { alias: isTaken(longer) ? undefined : longer, refused: plain };
}
