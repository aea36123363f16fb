/**
 * Figures in Prometheus' text format.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
 *
 * @module
 */

export interface MetricFamily {
  /** Without the prefix. A counter's ends in `_total`. */
  name: string;
  type: "counter" | "gauge" | "summary";
  help: string;
  samples: readonly MetricSample[];
}

export interface MetricSample {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** `_sum` or `_count` of a summary. */
  suffix?: "_sum" | "_count";
}

const PREFIX = "ec2_connect_";

/** The lines of the format. Families without a sample are left out. */
export function renderPrometheus(families: readonly MetricFamily[]): string[] {
  return families.filter(({ samples }) => samples.length > 0).flatMap((family) => {
    const name = PREFIX + family.name;
    return [
      `# HELP ${name} ${escapeHelp(family.help)}`,
      `# TYPE ${name} ${family.type}`,
      ...family.samples.map(({ labels, value, suffix = "" }) =>
        `${name}${suffix}${renderLabels(labels)} ${renderValue(value)}`
      ),
    ];
  });
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}

function renderValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
