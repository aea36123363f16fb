/**
 * Telling a wrong clock from wrong keys, when AWS rejects a signature.
 *
 * @module
 */

/** AWS accepts signatures up to 5 min old; the SDK corrects itself from 4 min on. */
export const SKEW_LIMIT_MS = 4 * 60 * 1000;

/**
 * How far this computer's clock is from AWS's.
 *
 * @param date The `Date` header of the answer; undefined when it had none.
 * @param nowMs Epoch milliseconds of this computer when the answer came.
 * @returns Milliseconds, positive when this clock is ahead; undefined when the header tells nothing.
 */
export function clockSkewMs(date: string | undefined, nowMs: number): number | undefined {
  const serverMs = Date.parse(date ?? "");
  return Number.isNaN(serverMs) ? undefined : nowMs - serverMs;
}

/**
 * The skew that the text of a rejection shows: "Signature expired: 20260101T000000Z is now earlier
 * than 20260101T001000Z (20260101T001500Z - 5 min.)" and "Signature not yet current: … is still later
 * than … (… + 5 min.)". The time in brackets is AWS's, the first one is ours.
 *
 * @returns Milliseconds, positive when this clock is ahead; undefined for any other text.
 */
export function skewInText(text: string): number | undefined {
  const times = /Signature (?:expired|not yet current): (\d{8}T\d{6}Z).*\((\d{8}T\d{6}Z)/.exec(
    text,
  );
  if (times === null) return undefined;
  const [ours, theirs] = [times[1], times[2]].map((time) => basicTimeMs(time ?? ""));
  return ours === undefined || theirs === undefined ? undefined : ours - theirs;
}

/** "12 min ahead of" or "3 h 5 min behind", for a sentence about this computer's clock. */
export function describeSkew(skewMs: number): string {
  const minutes = Math.max(1, Math.round(Math.abs(skewMs) / 60_000));
  const hours = Math.floor(minutes / 60);
  const length = hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`;
  return `${length} ${skewMs > 0 ? "ahead of" : "behind"}`;
}

/** Epoch milliseconds of `YYYYMMDDTHHMMSSZ`. */
function basicTimeMs(text: string): number {
  return Date.parse(text.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    "$1-$2-$3T$4:$5:$6Z",
  ));
}
