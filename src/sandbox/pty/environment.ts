/**
 * The variables of what the sandbox runs: none of its own but where programs are.
 *
 * @module
 */

/** Where a system without `PATH` looks. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** For the sandbox's own helpers, which need to be found. */
export function programEnvironment(): Record<string, string> {
  return { PATH: Deno.env.get("PATH") || DEFAULT_PATH };
}

/**
 * For the commands of sessions. Nothing of the sandbox's gets there: its environment may hold its
 * user's credentials.
 *
 * Source: agent shell_unix.go, for TERM and LANG.
 *
 * @param home The folder that stands for the home of the instance's user.
 */
export function commandEnvironment(home: string): Record<string, string> {
  const user = Deno.env.get("USER") || Deno.env.get("LOGNAME");
  return {
    ...programEnvironment(),
    HOME: home,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    ...(user && { USER: user, LOGNAME: user }),
  };
}
