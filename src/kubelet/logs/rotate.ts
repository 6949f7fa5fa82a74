// Container logs do not grow for ever: beyond 10 MiB a file is put aside, at most five are kept, all but the newest two compressed.
// Invariant: nothing is lost between the rename and the runtime's new file; a rotation that fails is undone.
// Called by: kubelet.ts on nodes with a real runtime. Next on the way: read.ts reads the file that is being written.
// Exception to "no polling": a file's size offers no event short of one per write; sizes are looked at every ten seconds, as upstream does.

import { createReadStream, createWriteStream, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { rfc3339, type Timer } from "#lib";
import type { NodeContext } from "../settings.ts";

export const rotationLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5, lookMs: 10_000 } as const;

export interface RunningLog {
  readonly containerId: string;
  readonly path: string;
}

/** What is to happen to the older files of one log, named in order of their age, oldest first. */
export function rotationPlan(
  rotated: readonly string[],
  maxFiles: number,
): { readonly remove: readonly string[]; readonly compress: readonly string[] } {
  // The log itself and the file that is about to be put aside take two places.
  const keep = rotated.slice(Math.max(rotated.length - (maxFiles - 2), 0));
  return { remove: rotated.filter((name) => !keep.includes(name)), compress: keep.filter((name) => !name.endsWith(".gz")) };
}

export class LogRotation {
  readonly #node: NodeContext;
  readonly #logs: () => readonly RunningLog[];
  #timer: Timer | undefined;
  #closed = false;

  constructor(node: NodeContext, logs: () => readonly RunningLog[]) {
    this.#node = node;
    this.#logs = logs;
  }

  start(): void {
    if (this.#closed) return;
    this.#timer = this.#node.clock.after(rotationLimits.lookMs, () => {
      void this.#look().finally(() => this.start());
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    for (const log of this.#logs()) {
      try {
        if ((statSync(log.path, { throwIfNoEntry: false })?.size ?? 0) > rotationLimits.maxBytes) await this.#rotate(log);
      } catch (error) {
        this.#node.log.warn("could not rotate a log", { path: log.path, error });
      }
    }
  }

  async #rotate({ containerId, path }: RunningLog): Promise<void> {
    const folder = dirname(path);
    const prefix = `${path.slice(folder.length + 1)}.`;
    const rotated = readdirSync(folder).filter((name) => name.startsWith(prefix) && !name.endsWith(".tmp"));
    const { remove, compress } = rotationPlan(rotated.toSorted(), rotationLimits.maxFiles);
    for (const name of remove) rmSync(join(folder, name), { force: true });
    for (const name of compress) await squeeze(join(folder, name));
    const aside = `${path}.${rfc3339(this.#node.clock.nowMs()).replaceAll(/[-:Z]/g, "").replace("T", "-")}`;
    renameSync(path, aside);
    try {
      await this.#node.cri.reopenContainerLog(containerId);
    } catch (error) {
      // The runtime still writes to the file that was put aside: back with it.
      if (!existsSync(path)) renameSync(aside, path);
      throw error;
    }
  }
}

async function squeeze(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`, { mode: 0o640 }));
  renameSync(`${path}.tmp`, `${path}.gz`);
  rmSync(path);
}
