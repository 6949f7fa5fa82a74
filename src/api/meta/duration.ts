// How long ago, for people: 5s, 3m12s, 26h, 4d3h, 2y45d.
// Invariant: two or three significant figures, exactly as kubectl's AGE column rounds them.
// Called by: printing/, kinds' rows. Next on the way: printing/table.ts.

export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  const pair = (whole: string, rest: number, unit: string): string => (rest === 0 ? whole : `${whole}${rest}${unit}`);
  if (minutes < 10) return pair(`${minutes}m`, seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(`${hours}h`, minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return pair(`${days}d`, hours % 24, "h");
  if (days < 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (days < 365 * 8) return pair(`${years}y`, days % 365, "d");
  return `${years}y`;
}

/** The age of a timestamp, or `<unknown>` where there is none. */
export function age(timestamp: string | undefined | null, nowMs: number): string {
  if (!timestamp) return "<unknown>";
  const then = Date.parse(timestamp);
  return Number.isNaN(then) ? "<unknown>" : humanDuration(nowMs - then);
}
