// Processes by pid and start time: the lock of a state folder, and what each part leaves behind so that the next supervisor finds it.
// Invariant: a pid alone is never trusted; whoever holds the lock is alive, or the lock is broken and taken over.
// Called by: supervisor/, cli/down, cli/status. Next on the way: supervisor/shell.ts.

import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processStartTime } from "#linux";
import { writeWhole } from "./folder.ts";
import { StateError, type StatePaths } from "./paths.ts";

export interface ProcessRecord {
  readonly pid: number;
  /** As /proc tells it; empty on machines without /proc, where the pid has to do. */
  readonly startTime: string;
}

export function recordOf(pid: number): ProcessRecord {
  return { pid, startTime: processStartTime(pid) ?? "" };
}

export function isAlive(record: ProcessRecord): boolean {
  if (record.startTime !== "") return processStartTime(record.pid) === record.startTime;
  try {
    process.kill(record.pid, 0);
    return process.platform !== "linux";
  } catch {
    return false;
  }
}

function parseRecord(text: string): ProcessRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProcessRecord>;
    return typeof value.pid === "number" && typeof value.startTime === "string"
      ? { pid: value.pid, startTime: value.startTime }
      : undefined;
  } catch {
    return undefined;
  }
}

export function readRecord(path: string): ProcessRecord | undefined {
  try {
    return parseRecord(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

export class LockedError extends StateError {
  override name = "LockedError";
  readonly holder: ProcessRecord;

  constructor(path: string, holder: ProcessRecord) {
    super(`${path} is held by process ${holder.pid}, which is running`);
    this.holder = holder;
  }
}

/** The living holder of the folder, if there is one. */
export function lockHolder(paths: StatePaths): ProcessRecord | undefined {
  const holder = readRecord(paths.lock);
  return holder && isAlive(holder) ? holder : undefined;
}

/** Takes the folder for this process; a dead holder's lock is broken. */
export function acquireLock(paths: StatePaths, self: ProcessRecord = recordOf(process.pid)): { release(): void } {
  const aside = `${paths.lock}.${process.pid}.new`;
  writeFileSync(aside, `${JSON.stringify(self)}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        // link() either makes the whole lock or fails: nobody ever reads half a record.
        linkSync(aside, paths.lock);
        return {
          release() {
            if (readRecord(paths.lock)?.pid === self.pid) rmSync(paths.lock, { force: true });
          },
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readRecord(paths.lock);
      if (holder && isAlive(holder)) throw new LockedError(paths.lock, holder);
      rmSync(paths.lock, { force: true });
    }
    throw new StateError(`${paths.lock} changes hands faster than it can be taken`);
  } finally {
    rmSync(aside, { force: true });
  }
}

export function writePartRecord(paths: StatePaths, part: string, record: ProcessRecord): void {
  writeWhole(join(paths.run, `${part}.json`), `${JSON.stringify(record)}\n`);
}

export function removePartRecord(paths: StatePaths, part: string): void {
  rmSync(join(paths.run, `${part}.json`), { force: true });
}

/** Every part that a supervisor of this folder once started, alive or not. */
export function partRecords(paths: StatePaths): ReadonlyMap<string, ProcessRecord> {
  const records = new Map<string, ProcessRecord>();
  let names: string[] = [];
  try {
    names = readdirSync(paths.run);
  } catch {
    return records;
  }
  for (const name of names) {
    const record = name.endsWith(".json") ? readRecord(join(paths.run, name)) : undefined;
    if (record) records.set(name.slice(0, -".json".length), record);
  }
  return records;
}
