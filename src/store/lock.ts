// One opener per folder: a file that names a process and when it started.
// Invariant: two living processes never both hold the lock; a dead one's lock is taken over, also when its pid was given to another.
// Called by: open.ts, before the first file is read. Next on the way: open.ts.

import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const lockName = "LOCK";

interface Owner {
  readonly pid: number;
  /** As the kernel says it, so that a recycled pid is another process. Empty where it does not say. */
  readonly started: string;
}

export class FolderInUse extends Error {
  override name = "FolderInUse";

  constructor(directory: string, pid: number) {
    super(`${directory} is in use by process ${pid}`);
  }
}

/** Undefined: there is no such process, or it has ended and only waits for its parent to take note, which may be long after. */
function startedOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    // Field 22; the command's name before it may hold spaces and brackets. (proc_pid_stat(5))
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // The first thread may be dead while another still ends a write: only when it is the last one is the folder let go.
    if (/^[ZX]$/.test(fields[0] ?? "") && readdirSync(`/proc/${pid}/task`).length <= 1) return undefined;
    return fields[19] ?? "";
  } catch {
    return "";
  }
}

function readOwner(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, "utf8")) as Partial<Owner>;
    return typeof owner.pid === "number" ? { pid: owner.pid, started: owner.started ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the lock; the result gives it back. */
export function lockFolder(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, lockName);
  const mine = join(directory, `${lockName}.${process.pid}`);
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startedOf(process.pid) ?? "" }), { mode: 0o600 });
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        // A link appears whole or not at all, and never over another.
        linkSync(mine, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === 3) throw error;
      }
      const owner = readOwner(path);
      const started = owner ? startedOf(owner.pid) : undefined;
      if (owner && started !== undefined && started === owner.started) throw new FolderInUse(directory, owner.pid);
      // Moved aside rather than removed: of two who find the same dead lock, one moves it and the other finds nothing to move.
      const aside = `${mine}.dead`;
      try {
        renameSync(path, aside);
        rmSync(aside, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
}
