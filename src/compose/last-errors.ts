// The last errors of a cluster's logs, as lines a person can read.
// Invariant: only the ends of files are read, however long they are; what is no line of ours is left out.
// Called by: cli/doctor. Next on the way: files.ts, which writes those logs.

import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import type { StatePaths } from "./state/paths.ts";

const tailBytes = 256 * 1024;

function tail(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8");
  } finally {
    closeSync(file);
  }
}

interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly component?: string;
  readonly error?: unknown;
}

function parse(line: string): LogLine | undefined {
  try {
    const value = JSON.parse(line) as Partial<LogLine>;
    return typeof value.time === "string" && typeof value.level === "string" && typeof value.message === "string"
      ? (value as LogLine)
      : undefined;
  } catch {
    return undefined;
  }
}

function detail(error: unknown): string {
  if (error === undefined) return "";
  const text =
    typeof error === "object" && error !== null && "message" in error
      ? String(error.message)
      : typeof error === "string"
        ? error
        : JSON.stringify(error);
  return `: ${text.split("\n")[0]}`;
}

/** The newest `limit` of all parts, oldest first. */
export function lastErrors(paths: StatePaths, limit = 5): readonly string[] {
  const files = existsSync(paths.logs) ? readdirSync(paths.logs).filter((name) => name.endsWith(".log")) : [];
  const lines = files.flatMap((name) =>
    tail(join(paths.logs, name))
      .split("\n")
      .flatMap((line) => parse(line) ?? []),
  );
  return lines
    .filter(({ level }) => level === "error")
    .toSorted((a, b) => (a.time < b.time ? -1 : 1))
    .slice(-limit)
    .map(({ time, component, message, error }) => `${time} ${component ?? ""}: ${message}${detail(error)}`);
}
