/**
 * Visual Studio Code and its kin on this machine, and their extension for ssh. None of them is started.
 *
 * @module
 */

export interface EditorFacts {
  os: typeof Deno.build.os;
  env: Readonly<Record<string, string | undefined>>;
}

export interface Extension {
  id: string;
  /** Undefined where it is not told. */
  version: string | undefined;
}

export interface Editor {
  /** Name of its command. */
  id: "code" | "code-insiders" | "codium" | "cursor";
  name: string;
  /** Path of its command. */
  path: string;
  /** Undefined: not installed. */
  remoteSsh: Extension | undefined;
}

interface Product {
  id: Editor["id"];
  name: string;
  /** Folder in the home that holds its extensions. */
  folder: string;
  /** Extensions that open folders over ssh. */
  extensions: readonly string[];
  /** Beside PATH; `~` is the home, `%NAME%` the environment. */
  linux: readonly string[];
  mac: readonly string[];
  windows: readonly string[];
}

const MICROSOFT = "ms-vscode-remote.remote-ssh";
const OPEN = "jeanp413.open-remote-ssh";

const PRODUCTS: readonly Product[] = [
  {
    id: "code",
    name: "Visual Studio Code",
    folder: ".vscode",
    extensions: [MICROSOFT],
    linux: [
      "/usr/share/code/bin/code",
      "/snap/bin/code",
      "/var/lib/flatpak/exports/bin/com.visualstudio.code",
    ],
    mac: ["/Applications/Visual Studio Code.app", "~/Applications/Visual Studio Code.app"]
      .map((app) => `${app}/Contents/Resources/app/bin/code`),
    windows: ["%LOCALAPPDATA%\\Programs", "%ProgramFiles%"]
      .map((folder) => `${folder}\\Microsoft VS Code\\bin\\code.cmd`),
  },
  {
    id: "code-insiders",
    name: "Visual Studio Code Insiders",
    folder: ".vscode-insiders",
    extensions: [MICROSOFT],
    linux: ["/usr/share/code-insiders/bin/code-insiders", "/snap/bin/code-insiders"],
    mac: ["/Applications/Visual Studio Code - Insiders.app/Contents/Resources/app/bin/code"],
    windows: ["%LOCALAPPDATA%\\Programs", "%ProgramFiles%"]
      .map((folder) => `${folder}\\Microsoft VS Code Insiders\\bin\\code-insiders.cmd`),
  },
  {
    id: "codium",
    name: "VSCodium",
    folder: ".vscode-oss",
    extensions: [OPEN, MICROSOFT],
    linux: [
      "/usr/share/codium/bin/codium",
      "/snap/bin/codium",
      "/var/lib/flatpak/exports/bin/com.vscodium.codium",
    ],
    mac: ["/Applications/VSCodium.app/Contents/Resources/app/bin/codium"],
    windows: ["%LOCALAPPDATA%\\Programs", "%ProgramFiles%"]
      .map((folder) => `${folder}\\VSCodium\\bin\\codium.cmd`),
  },
  {
    id: "cursor",
    name: "Cursor",
    folder: ".cursor",
    extensions: ["anysphere.remote-ssh", OPEN, MICROSOFT],
    linux: ["/usr/share/cursor/bin/cursor", "/opt/cursor/bin/cursor"],
    mac: ["/Applications/Cursor.app/Contents/Resources/app/bin/cursor"],
    windows: ["%LOCALAPPDATA%\\Programs\\cursor\\resources\\app\\bin\\cursor.cmd"],
  },
];

/** Those that are installed. What cannot be read is as good as not there. */
export async function findEditors(facts: EditorFacts): Promise<Editor[]> {
  const found = await Promise.all(PRODUCTS.map(async (product) => {
    const path = await firstFile(candidates(product, facts));
    if (path === undefined) return undefined;
    const { id, name } = product;
    return { id, name, path, remoteSsh: await remoteSsh(product, facts) };
  }));
  return found.filter((editor) => editor !== undefined);
}

function candidates({ id, linux, mac, windows }: Product, { os, env }: EditorFacts): string[] {
  const isWindows = os === "windows";
  const [separator, slash] = isWindows ? [";", "\\"] : [":", "/"];
  const command = isWindows ? `${id}.cmd` : id;
  const onPath = (env.PATH ?? env.Path ?? "").split(separator).filter((folder) => folder !== "")
    .map((folder) => `${folder.replace(/[\\/]+$/, "")}${slash}${command}`);
  const places = isWindows ? windows : os === "darwin" ? mac : linux;
  const known = places.map((place) =>
    place.replace(/^~/, env.HOME ?? "~").replace(/%(\w+)%/g, (all, name) => env[name] ?? all)
  );
  return [...onPath, ...known];
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

async function remoteSsh(
  { folder, extensions }: Product,
  { os, env }: EditorFacts,
): Promise<Extension | undefined> {
  const home = os === "windows" ? env.USERPROFILE : env.HOME;
  if (home === undefined) return undefined;
  const place = `${home}/${folder}/extensions`;
  const installed = await listed(`${place}/extensions.json`) ?? await unpacked(place);
  return extensions.map((id) => installed.find((each) => each.id.toLowerCase() === id))
    .find((each) => each !== undefined);
}

/** Undefined without such a list; older editors keep none. */
async function listed(path: string): Promise<Extension[] | undefined> {
  try {
    const list: unknown = JSON.parse(await Deno.readTextFile(path));
    if (!Array.isArray(list)) return undefined;
    return list.flatMap((entry: { identifier?: { id?: unknown }; version?: unknown } | null) => {
      const id = entry?.identifier?.id;
      if (typeof id !== "string") return [];
      return [{ id, version: typeof entry?.version === "string" ? entry.version : undefined }];
    });
  } catch {
    return undefined;
  }
}

/** By the names of the folders: `ms-vscode-remote.remote-ssh-0.120.0`. */
async function unpacked(place: string): Promise<Extension[]> {
  const found: Extension[] = [];
  try {
    for await (const { name } of Deno.readDir(place)) {
      const [, id, version] = /^(.+?)-(\d[\w.+]*)/.exec(name) ?? [];
      if (id !== undefined) found.push({ id, version });
    }
  } catch {
    // No extensions at all.
  }
  return found;
}
