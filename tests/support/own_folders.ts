/**
 * State and history of commands that are run for show or measured: not the user's own.
 *
 * @module
 */

export interface OwnFolders extends AsyncDisposable {
  /** For the commands' environment. */
  env: Record<string, string>;
}

/** An empty folder for both; removed when it is disposed. */
export async function ownFolders(): Promise<OwnFolders> {
  const path = await Deno.makeTempDir({ prefix: "ec2-connect-folders-" });
  return {
    env: { XDG_STATE_HOME: path, XDG_DATA_HOME: path, LOCALAPPDATA: path },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
