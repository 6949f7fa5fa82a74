// The log's own files: how many it holds open while it goes from one to the next.
// Invariant shown: a file that was let go of is closed before it is removed; a deleted file somebody holds keeps its space on the disk.
// Called by: npm test. Next on the way: log.ts.

import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import { seededPrng } from "#lib";
import type { DiskFile } from "./disk.ts";
import { DiskLog } from "./log.ts";
import { SimulatedDisk } from "./simulateddisk.ts";

class CountedDisk extends SimulatedDisk {
  readonly opened = new Set<string>();

  override async create(name: string): Promise<DiskFile> {
    const file = await super.create(name);
    this.opened.add(name);
    return {
      append: (bytes, options) => file.append(bytes, options),
      close: () => {
        this.opened.delete(name);
        return file.close();
      },
    };
  }
}

test("a log that goes on in a new file has closed the one before", async () => {
  const disk = new CountedDisk();
  const hardState = { term: 1, vote: 1, commit: 0 };
  const log = await DiskLog.open(disk, seededPrng(1), 300, { segments: [], nextFrame: 1, lastIndex: 0, hardState, bytes: 0 });
  const held: number[] = [];
  for (let index = 1; index <= 12; index++) {
    await log.persist({ entries: [{ term: 1, index, type: "command", data: Buffer.alloc(100) }] });
    held.push(disk.opened.size);
  }
  deepStrictEqual([(await disk.list()).length > 3, Math.max(...held)], [true, 1]);
  await log.close();
  deepStrictEqual(disk.opened.size, 0);
});
