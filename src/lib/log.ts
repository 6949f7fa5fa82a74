// Logs as lines of JSON: time, level, component, message, and named fields.
// Invariant: a line never holds a token, key or Secret's data; a field that is an Error shows its message and stack.
// Called by: every component, each with `log.with({ component })`. Next on the way: metrics.ts.

import type { Clock } from "./clock.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields` too. */
  with(fields: LogFields): Log;
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return { message: value.message, stack: value.stack };
  return typeof value === "bigint" ? value.toString() : value;
}

export function createLog(clock: Clock, write: (line: string) => void, level: LogLevel = "info", bound: LogFields = {}): Log {
  const least = logLevels.indexOf(level);
  const at = (lineLevel: LogLevel) => (message: string, fields?: LogFields) => {
    if (logLevels.indexOf(lineLevel) < least) return;
    const line: Record<string, unknown> = { time: new Date(clock.nowMs()).toISOString(), level: lineLevel, message };
    for (const [name, value] of Object.entries({ ...bound, ...fields })) line[name] = plain(value);
    write(`${JSON.stringify(line, (_key, value: unknown) => plain(value))}\n`);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLog(clock, write, level, { ...bound, ...fields }),
  };
}

/** For tests and for callers who want silence. */
export function silentLog(): Log {
  const nothing = (): void => undefined;
  const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, with: () => log };
  return log;
}
