/**
 * Tests that need programs which a machine may lack.
 *
 * @module
 */

/** Options of a test that runs these programs, by name or whole path; says loudly which are missing. */
export function needsPrograms(...names: string[]): { ignore: boolean } {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const missing = names.filter((name) =>
    ![name, ...folders.map((folder) => `${folder}/${name}`)].some(isFile)
  );
  if (missing.length > 0) {
    // deno-lint-ignore no-console
    console.warn(`\nSKIPPED: tests with ${names.join(", ")}: ${missing.join(", ")} not found\n`);
  }
  return { ignore: missing.length > 0 };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
