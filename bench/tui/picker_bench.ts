/**
 * A list of 5,000 instances: from a key to the new screen, and a list that arrives anew.
 *
 * Baseline: {@link naiveScreen}.
 *
 * @module
 */
import type { ListedInstance } from "../../src/aws/mod.ts";
import { INSTANCE_COLUMNS, InstanceRows } from "../../src/cli/pick/instance_rows.ts";
import { Picker } from "../../src/tui/mod.ts";
import { naiveScreen } from "./naive_picker.ts";

const SCREEN = { rows: 24, columns: 80, paint: (text: string) => text };

/** Every tenth name is one that is not plain ASCII. */
const instances = Array.from({ length: 5_000 }, (_, n): ListedInstance => ({
  instanceId: `i-${n.toString(16).padStart(17, "0")}`,
  name: n % 10 === 0 ? `数据库-${n}` : `fleet-${n % 7}-worker-${n}`,
  state: n % 9 === 0 ? "stopped" : "running",
  ping: n % 9 === 0 ? "unknown" : "online",
  platform: "linux",
  privateIp: `10.0.${n >> 8}.${n & 255}`,
  privateDns: `ip-10-0-${n >> 8}-${n & 255}.ec2.internal`,
}));

function pickerOf(rows = new InstanceRows(new Map())): Picker {
  const made = new Picker({
    question: "Connect to",
    columns: INSTANCE_COLUMNS,
    isMulti: false,
    enterDoes: "chooses",
  });
  made.setRows(rows.of(instances));
  return made;
}

const picker = pickerOf();

const type = { group: "a key in the search, 5,000 instances" };
Deno.bench("picker", type, () => {
  picker.onKey({ name: "text", text: "work" });
  picker.render(SCREEN);
  picker.onKey({ name: "ctrl-u" });
});
Deno.bench("baseline: search", { ...type, baseline: true }, () => {
  naiveScreen(instances, { ...SCREEN, query: "work" });
});

const page = { group: "a page further, 5,000 instances" };
Deno.bench("picker, a page further", page, () => {
  picker.onKey({ name: "page-down" });
  picker.render(SCREEN);
});
Deno.bench("baseline: page", { ...page, baseline: true }, () => {
  naiveScreen(instances, { ...SCREEN, query: "" });
});

const list = { group: "a list arrives, 5,000 instances" };
const known = new InstanceRows(new Map());
known.of(instances);
const shown = pickerOf(known);
Deno.bench("rows for the first time", list, () => {
  pickerOf().render(SCREEN);
});
Deno.bench("rows that are known", list, () => {
  shown.setRows(known.of(instances));
  shown.render(SCREEN);
});
