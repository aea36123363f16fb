/**
 * Visual Studio Code and ssh: the ssh configuration that leads to instances, and what is there to use it.
 *
 * @module
 */
export { bytesOf, type ByteText, encoded, readByteText } from "./byte_text.ts";
export {
  judgeLogin,
  judgeName,
  programOf,
  type Step,
  type Verdict,
  verdict,
} from "./login_steps.ts";
export { defaultUser, USUAL_USER } from "./default_user.ts";
export { type Editor, findEditors } from "./editors.ts";
export { applyChange, diffOf, type FileChange, kindOf } from "./file_change.ts";
export { chooseAlias } from "./host_alias.ts";
export {
  type HostBlock,
  hostBlock,
  pushesKey,
  readHostFile,
  settingOf,
  withBlock,
  withoutBlock,
} from "./host_file.ts";
export { addInclude, hasInclude, includeLine, removeInclude } from "./include_line.ts";
export { makeKeyPair } from "./key_pair.ts";
export { withoutKnownHost } from "./known_hosts.ts";
export { type SshPlaces, sshPlaces } from "./places.ts";
export { SshClient, type SshSettings, type SshVersion } from "./ssh_client.ts";
export { UserHosts } from "./user_hosts.ts";
export { pathValue, proxyCommand, type ProxyWord } from "./values.ts";
