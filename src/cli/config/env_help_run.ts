/**
 * `config env-help`: the environment variables, out of the schema.
 *
 * @module
 */

import type { ConfigResultOptions } from "../commands/config.ts";
import type { Context } from "../context.ts";
import { writeResult } from "../result.ts";

/** Variables of this program that make no setting. */
const OTHERS: readonly { variable: string; description: string }[] = [
  { variable: "EC2_CONNECT_CONFIG", description: "The configuration file, as --config" },
  {
    variable: "EC2_CONNECT_LOCAL_HOST, EC2_CONNECT_LOCAL_PORT, EC2_CONNECT_LOCAL_PORT_2 ...",
    description: "Told to the command behind connect --: where its tunnels begin",
  },
];

/** @returns 0 */
export async function runEnvHelp(options: ConfigResultOptions, context: Context): Promise<number> {
  const [{ listSettings }, { shapeAt, wantedOf }] = await Promise.all([
    import("../../config/environment.ts"),
    import("../../config/shape.ts"),
  ]);
  const settings = listSettings().map(({ path, variables, description }) => {
    const shape = shapeAt(path)!;
    return {
      variables,
      setting: path.join("."),
      wanted: wantedOf(shape),
      default: shape.default ?? null,
      description,
    };
  });
  const others = OTHERS.map(({ variable, description }) => ({ variable, description }));
  await writeResult(
    {
      schema: "config-env-help",
      value: { settings, others },
      text: () => [
        ...settings.flatMap(({ variables, setting, wanted, default: initial, description }) => [
          ...variables,
          `    ${description}`,
          `    ${setting}: ${wanted}${initial === null ? "" : `; default ${initial}`}`,
          "",
        ]),
        "No settings:",
        "",
        ...others.flatMap(({ variable, description }) => [variable, `    ${description}`, ""]),
        "Options come before variables, variables before the configuration file.",
        "An empty variable counts as not set.",
      ],
    },
    context,
    options.output,
  );
  return 0;
}
