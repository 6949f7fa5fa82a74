// Another member's snapshot takes the place of a log, and the crash comes wherever it likes.
// Invariant: what is read back is the old log or the snapshot and what followed it, never a mixture.
// Called by: the test runner. Next on the way: recover.ts, log.ts (replacedBy).

import { deepStrictEqual } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, seededPrng, silentLog } from "#lib";
import type { Entry } from "#raft";
import { MvccState } from "../mvcc/state.ts";
import { readNewestSnapshot } from "../snapshot/read.ts";
import { writeSnapshot } from "../snapshot/write.ts";
import { DiskLog } from "./log.ts";
import { recoverLog } from "./recover.ts";
import { SimulatedDisk } from "./simulateddisk.ts";

const entries = (term: number, from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({
    term,
    index: from + at,
    type: "command",
    data: Buffer.from(`${term}.${from + at}`),
  }));

async function read(disk: SimulatedDisk): Promise<string> {
  const { mark, configuration } = await readNewestSnapshot(disk);
  const { hardState, entries: found } = await recoverLog(disk, silentLog(), mark);
  const members = configuration ? ` of ${configuration.voters.join("+")}` : "";
  return `snapshot ${mark.term}.${mark.index}${members}, term ${hardState.term}: ${found.map(({ term, index }) => `${term}.${index}`).join(" ")}`;
}

async function open(disk: SimulatedDisk): Promise<DiskLog> {
  const { mark } = await readNewestSnapshot(disk);
  const { tail } = await recoverLog(disk, silentLog(), mark);
  return DiskLog.open(disk, seededPrng(1), 10_000, tail);
}

/** A log of eight entries of term 1, then a snapshot of term 2 at `at`, then two entries after it. */
async function replace(disk: SimulatedDisk, at: number): Promise<void> {
  const log = await open(disk);
  await log.persist({ hardState: { term: 1, vote: 1, commit: 2 }, entries: entries(1, 1, 8) });
  const source = { disk, clock: new ManualClock(), state: new MvccState(), salt: 7, signal: new AbortController().signal };
  await writeSnapshot({ ...source, mark: { index: at, term: 2 }, configuration: { voters: [1, 2, 3] } });
  await log.replacedBy({ index: at, term: 2 });
  await log.persist({ hardState: { term: 2, vote: 0, commit: at }, entries: entries(2, at + 1, at + 2) });
}

const after: readonly (readonly [number, string])[] = [
  [5, "snapshot 2.5 of 1+2+3, term 2: 2.6 2.7"],
  [8, "snapshot 2.8 of 1+2+3, term 2: 2.9 2.10"],
  [20, "snapshot 2.20 of 1+2+3, term 2: 2.21 2.22"],
];

for (const [at, want] of after) {
  test(`a snapshot at ${at} in place of a log up to 8`, async () => {
    const disk = new SimulatedDisk();
    await replace(disk, at);
    deepStrictEqual(await read(new SimulatedDisk(disk.files())), want);
  });

  test(`a snapshot at ${at}, and a crash at every point`, async () => {
    const seen = new Set<string>();
    for (let crashAt = 1; crashAt < 24; crashAt++) {
      const disk = new SimulatedDisk();
      disk.crashAt = crashAt;
      const { promise, resolve } = Promise.withResolvers<void>();
      disk.onCrash = resolve;
      await Promise.race([replace(disk, at), promise]);
      const left = disk.afterCrash(seededPrng(crashAt));
      const found = await read(left);
      seen.add(found);
      // It goes on from there.
      const { mark } = await readNewestSnapshot(left);
      const { entries: rest, tail } = await recoverLog(left, silentLog(), mark);
      const log = await DiskLog.open(left, seededPrng(2), 10_000, tail);
      const next = mark.index + rest.length + 1;
      await log.persist({ hardState: { term: 3, vote: 0, commit: 0 }, entries: entries(3, next, next) });
      deepStrictEqual(await read(left), `${found} 3.${next}`.replace(/term \d: +/, "term 3: "));
    }
    const mark = `snapshot 2.${at} of 1+2+3`;
    const allowed = [
      "snapshot 0.0, term 0: ",
      "snapshot 0.0, term 1: 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8",
      `${mark}, term 1: `,
      `${mark}, term 2: `,
      `${mark}, term 2: 2.${at + 1} 2.${at + 2}`,
    ];
    deepStrictEqual(
      [...seen].filter((one) => !allowed.includes(one)),
      [],
    );
  });
}

test("a tail of the old log stays behind in a file of its own: it is void, although the entry at the mark is gone with its file", async () => {
  const disk = new SimulatedDisk();
  const log = await DiskLog.open(disk, seededPrng(1), 60, (await recoverLog(disk, silentLog(), { index: 0, term: 0 })).tail);
  await log.persist({ hardState: { term: 1, vote: 1, commit: 2 }, entries: entries(1, 1, 5) });
  await log.persist({ entries: entries(1, 6, 7) });
  const source = { disk, clock: new ManualClock(), state: new MvccState(), salt: 7, signal: new AbortController().signal };
  await writeSnapshot({ ...source, mark: { index: 5, term: 2 } });
  await log.replacedBy({ index: 5, term: 2 });
  deepStrictEqual(await read(new SimulatedDisk(disk.files())), "snapshot 2.5, term 1: ");
  await log.persist({ hardState: { term: 2, vote: 0, commit: 5 }, entries: [] });
  deepStrictEqual(await read(new SimulatedDisk(disk.files())), "snapshot 2.5, term 2: ");
});

test("the file with the hard state stays until the next file has it", async () => {
  const disk = new SimulatedDisk();
  const log = await open(disk);
  await log.persist({ hardState: { term: 3, vote: 2, commit: 4 }, entries: entries(1, 1, 4) });
  const source = { disk, clock: new ManualClock(), state: new MvccState(), salt: 7, signal: new AbortController().signal };
  log.snapshotBegins();
  await writeSnapshot({ ...source, mark: { index: 4, term: 1 } });
  // A batch and the end of a snapshot at the same time, one so much later than the other; the power goes at each point of both.
  const later = async (turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  };
  for (let turns = 0; turns < 16; turns++) {
    for (let crashAt = 0; crashAt < 10; crashAt++) {
      const copy = new SimulatedDisk(disk.files());
      const again = await open(copy);
      again.snapshotBegins();
      copy.operations = 0;
      copy.crashAt = crashAt;
      const { promise, resolve } = Promise.withResolvers<void>();
      copy.onCrash = resolve;
      const done = later(turns).then(() => again.snapshotDone({ index: 4, term: 1 }));
      await Promise.race([Promise.all([again.persist({ entries: entries(3, 5, 5) }), done]), promise]);
      const left = copy.afterCrash(seededPrng(crashAt));
      const { hardState } = await recoverLog(left, silentLog(), (await readNewestSnapshot(left)).mark);
      deepStrictEqual(hardState, { term: 3, vote: 2, commit: 4 }, `after ${turns} turns, crash at ${crashAt}`);
    }
  }
});

test("a file that was never begun is not taken for one with the hard state", async () => {
  for (let crashAt = 0; crashAt < 7; crashAt++) {
    for (let again = 0; again < 12; again++) {
      let disk = new SimulatedDisk();
      const first = await open(disk);
      await first.persist({ hardState: { term: 3, vote: 2, commit: 4 }, entries: entries(1, 1, 4) });
      first.snapshotBegins();
      const crash = Promise.withResolvers<void>();
      disk.onCrash = crash.resolve;
      disk.crashAt = disk.operations + crashAt;
      await Promise.race([first.persist({ entries: entries(3, 5, 5) }), crash.promise]);
      disk = disk.afterCrash(seededPrng(crashAt));
      const second = await open(disk);
      const source = { disk, clock: new ManualClock(), state: new MvccState(), salt: 7, signal: new AbortController().signal };
      await writeSnapshot({ ...source, mark: { index: 9, term: 3 } });
      const next = Promise.withResolvers<void>();
      disk.onCrash = next.resolve;
      disk.crashAt = disk.operations + again;
      const replaced = second.replacedBy({ index: 9, term: 3 }).then(() => second.persist({ entries: entries(3, 10, 10) }));
      await Promise.race([replaced, next.promise]);
      const left = disk.afterCrash(seededPrng(again));
      const { hardState } = await recoverLog(left, silentLog(), (await readNewestSnapshot(left)).mark);
      deepStrictEqual(hardState, { term: 3, vote: 2, commit: 4 }, `crash at ${crashAt}, then at ${again}`);
    }
  }
});
