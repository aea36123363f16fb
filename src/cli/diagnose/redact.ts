/**
 * A report without what tells accounts and networks apart, for showing it to strangers.
 *
 * @module
 */

import type { Report } from "../../diagnostics/mod.ts";

/** The same report with account ids, names in ARNs, addresses and tags masked. */
export function redactReport(report: Report): Report {
  return mask(report, "") as Report;
}

function mask(value: unknown, key: string): unknown {
  if (typeof value === "string") return maskText(value);
  if (Array.isArray(value)) return value.map((item) => mask(item, key));
  if (typeof value !== "object" || value === null) return value;
  if (key === "tags") {
    return Object.fromEntries(Object.keys(value).map((_, i) => [`tag${i}`, "***"]));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, mask(item, name)]),
  );
}

function maskText(text: string): string {
  return text
    .replace(/\barn:([\w-]+):([\w-]*):([\w-]*):(\d*|\*)?:\S*/g, "arn:$1:$2:$3:***:***")
    .replace(/\b\d{12}\b/g, "************")
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, "x.x.x.x")
    .replace(/\b(?:[\da-f]{1,4}:){3,7}[\da-f]{1,4}\b/gi, "x:x::x");
}
