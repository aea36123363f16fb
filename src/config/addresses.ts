/**
 * Local addresses and names of hosts, as options and settings take them.
 *
 * @module
 */

/**
 * An address of this machine to listen on, as the system takes it.
 *
 * `localhost` becomes 127.0.0.1, `*` all IPv4 addresses; brackets around IPv6 are taken off.
 *
 * @returns `undefined` for what is no address.
 */
export function localAddress(text: string): string | undefined {
  if (text === "localhost") return "127.0.0.1";
  if (text === "*") return "0.0.0.0";
  const bare = withoutBrackets(text);
  return isIpAddress(bare) ? bare : undefined;
}

/** A host to connect to, by name or address, without brackets; undefined for what can be neither. */
export function hostName(text: string): string | undefined {
  const bare = withoutBrackets(text);
  if (isIpAddress(bare)) return bare;
  const isName = /^(?=.{1,253}$)[\w](?:[\w-]*[\w])?(?:\.[\w](?:[\w-]*[\w])?)*\.?$/.test(bare);
  // Digits and dots alone are an address that went wrong, never a name.
  return isName && !/^[\d.]+$/.test(bare) ? bare : undefined;
}

function withoutBrackets(text: string): string {
  return text.replace(/^\[(.*)\]$/, "$1");
}

function isIpAddress(text: string): boolean {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text)) return true;
  // The URL parser knows the rules of IPv6; it takes no zone ("%eth0"), and neither does this.
  return text.includes(":") && /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
}
