// The ends and the last errors of a cluster's logs, as lines a person can read.
// Invariant: only the ends of files are read, however long they are; what is no line of ours is left out.
// Called by: bring-up.ts, cli/doctor, cli/status. Next on the way: files.ts, which writes those logs.

import { closeSync, existsSync, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
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

const shown = ({ time, level, component, message, error }: LogLine): string =>
  `${time} ${level} ${component ?? ""}: ${message}${detail(error)}`;

/** The end of a part's log for a person: no stacks, what repeats is said once with its count. What is no line of ours stays as it is. */
export function lastLines(paths: StatePaths, part: string, limit = 10): readonly string[] {
  const path = join(paths.logs, `${part}.log`);
  // No link: what a part's user put there is not to be shown to root as a part's words.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return [];
  const lines: { text: string; without: string; times: number }[] = [];
  for (const line of tail(path).trimEnd().split("\n")) {
    const parsed = parse(line);
    const text = parsed ? shown(parsed) : line.slice(0, 500);
    const without = parsed ? text.slice(parsed.time.length) : text;
    const last = lines.at(-1);
    if (last && last.without === without) lines[lines.length - 1] = { text, without, times: last.times + 1 };
    else lines.push({ text, without, times: 1 });
  }
  return lines.slice(-limit).map(({ text, times }) => (times > 1 ? `${text} (${times} times)` : text));
}

/** The newest `limit` of all parts, oldest first. */
export function lastErrors(paths: StatePaths, limit = 5): readonly string[] {
  const files = existsSync(paths.logs) ? readdirSync(paths.logs, { withFileTypes: true }) : [];
  const logs = files.filter((file) => file.isFile() && file.name.endsWith(".log"));
  const lines = logs.flatMap(({ name }) =>
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
