// The machine's disk with its two ways to write: on its thread, and right where it is asked for.
// Invariant shown: whichever way each write takes, the file has them in the order they were asked for, and a failure is told.
// Called by: npm test. Next on the way: threaddisk.ts.

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { macrotask, seededPrng, systemClock } from "#lib";
import { ThreadDisk } from "./threaddisk.ts";

/** Whoever is alone is trusted at once; which writes were, and how many times were told. */
class Trusting {
  readonly asked: boolean[] = [];
  told = 0;

  may(alone: boolean): boolean {
    this.asked.push(alone);
    return alone;
  }

  took(ms: number): void {
    strictEqual(ms >= 0, true);
    this.told += 1;
  }
}

async function withDisk(run: (disk: ThreadDisk, directory: string, trusting: Trusting) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "dhow-thread-disk-"));
  const trusting = new Trusting();
  const disk = new ThreadDisk(directory, systemClock(), trusting);
  try {
    // An answer of the thread: what comes now finds it awake.
    while (!disk.awake) await macrotask();
    await run(disk, directory, trusting);
  } finally {
    await disk.close();
    rmSync(directory, { recursive: true });
  }
}

test("writes are in the file in the order they were asked for", () =>
  withDisk(async (disk, directory, trusting) => {
    const prng = seededPrng(7);
    const file = await disk.create("a");
    const expected: string[] = [];
    const asked: boolean[] = [];
    for (let round = 0; round < 40; round++) {
      const answers: Promise<void>[] = [];
      for (let writes = prng.between(1, 3); writes > 0; writes--) {
        const text = `${round}-${writes} `.repeat(prng.between(1, 50));
        const alone = prng.next() < 0.5;
        const sync = alone || prng.next() < 0.5;
        const bytes = prng.next() < 0.5 ? Buffer.from(text) : disk.allocate(text.length).fill(text);
        if (alone) disk.alone();
        if (sync) asked.push(alone);
        expected.push(text);
        answers.push(file.append(bytes, { sync }));
      }
      await Promise.all(answers);
      strictEqual(readFileSync(join(directory, "a"), "utf8"), expected.join(""));
    }
    deepStrictEqual([trusting.asked, trusting.told], [asked, asked.length]);
  }));

test("a write that fails says so, on either way", () =>
  withDisk(async (disk, directory) => {
    symlinkSync("/dev/full", join(directory, "full"));
    const file = await disk.open("full");
    await rejects(file.append(Buffer.from("x"), { sync: true }), /append file \d+: ENOSPC/);
    disk.alone();
    await rejects(file.append(Buffer.from("x"), { sync: true }), /append file \d+: ENOSPC/);
    await file.close();
  }));
