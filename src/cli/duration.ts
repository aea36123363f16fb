/**
 * Durations and times for a person.
 *
 * @module
 */

/** The two largest units that count: `42s`, `3m 05s`, `2h 10m`, `4d 03h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  if (minutes < 60) return `${minutes}m ${two(whole % 60)}s`;
  if (hours < 24) return `${hours}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

/**
 * `2026-01-31 12:00:00Z`: a time that can be read, and compared with what AWS shows.
 *
 * @param time In RFC 3339, UTC.
 */
export function formatTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;
}
