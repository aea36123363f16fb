/**
 * The list of instances on the screen. Loaded when it is wanted.
 *
 * @module
 */

import type { Instance, ListedInstance, ResolvedInstance } from "../../aws/mod.ts";
import { AppError } from "../../errors/mod.ts";
import { Picker, type ScreenTerminal } from "../../tui/mod.ts";
import type { Context } from "../context.ts";
import { printable } from "../text.ts";
import type { PickerSources } from "./instance_picker.ts";
import { InstanceList } from "./instance_list.ts";
import { INSTANCE_COLUMNS, InstanceRows } from "./instance_rows.ts";
import { Refresh } from "./refresh.ts";
import { showPicker } from "./show.ts";

interface PickParts {
  sources: PickerSources;
  context: Context;
  /** In place of the command's own. */
  terminal?: ScreenTerminal;
}

/**
 * Has a person choose among all instances: the remembered ones are shown at once, and replaced by what
 * AWS says as that comes.
 *
 * @returns One or, with `isMulti`, more.
 * @throws {AppError} `target` when there is no instance; as AWS's calls when nothing can be shown.
 */
export async function pickOfAll(
  { question, isMulti }: { question: string; isMulti: boolean },
  { sources, context, ...rest }: PickParts,
): Promise<ResolvedInstance[]> {
  const { io, reporter, stop } = context;
  const picker = instancePicker(question, isMulti);
  const nothing = new AbortController();
  const region = await sources.region();
  let redraw = () => {};
  const onChange = () => {
    const isBlank = refresh.list.instances.length === 0;
    if (refresh.failure !== undefined && isBlank) return nothing.abort(refresh.failure);
    if (refresh.isEmpty) return nothing.abort(noneThere(region));
    picker.setRows(rows.of(refresh.list.instances));
    picker.status = printable(refresh.status);
    redraw();
  };
  const [lastUsed, refresh] = await Promise.all([
    sources.lastUsed(),
    Refresh.create({
      sources,
      clock: io.clock,
      signal: stop.signal,
      onChange,
      log: (line) => reporter.log("debug", line),
    }),
  ]);
  const rows = new InstanceRows(lastUsed);
  // With nothing to show, a device's code is asked for before the list, which would wait for it.
  if (!refresh.hasRemembered) await sources.credentials();
  picker.setRows(rows.of(refresh.list.instances));
  picker.status = printable(refresh.status);
  try {
    const ids = await showPicker(picker, {
      ...rest,
      context,
      failed: nothing.signal,
      onReady: (draw) => {
        redraw = draw;
        void refresh.run();
      },
    });
    return chosen(refresh.list.instances, ids, context);
  } finally {
    refresh.leave();
  }
}

/** Has a person choose one of a few that are known already. */
export async function pickAmong(
  instances: readonly Instance[],
  { question, sources, context, ...rest }: PickParts & { question: string },
): Promise<ResolvedInstance> {
  const list = new InstanceList();
  list.addInstances(instances);
  const picker = instancePicker(question, false);
  picker.setRows(new InstanceRows(await sources.lastUsed()).of(list.instances));
  const never = new AbortController().signal;
  const ids = await showPicker(picker, { ...rest, context, failed: never, onReady: () => {} });
  return chosen(list.instances, ids, context)[0]!;
}

function instancePicker(question: string, isMulti: boolean): Picker {
  return new Picker({ question, isMulti, columns: INSTANCE_COLUMNS, enterDoes: "chooses" });
}

/** Says what was chosen: the list is not to be seen any more. */
function chosen(
  instances: readonly ListedInstance[],
  ids: readonly string[],
  { reporter }: Context,
): ResolvedInstance[] {
  const names = new Map(instances.map(({ instanceId, name }) => [instanceId, name]));
  return ids.map((instanceId) => {
    const name = names.get(instanceId);
    reporter.note(`Chosen: ${name === undefined ? instanceId : `${name} (${instanceId})`}`);
    return { instanceId, name };
  });
}

function noneThere(region: string): AppError {
  return new AppError("target", `Cannot choose an instance: there is none in region ${region}`, {
    hint: "Check --region and --profile, or start an instance",
  });
}
