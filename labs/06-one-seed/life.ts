// One life of a store on a disk that may lose power at any moment; seed in, story out.
// Invariant: no clock and no chance but the seed's, so one seed is one story, to the byte, on every machine.
// Called by: lab.md beside it. Next on the way: src/store/crash.test.ts, which lives hundreds of such lives.

import { createHash } from "node:crypto";
import { ManualClock, type Prng, seededPrng, silentLog } from "#lib";
import { CorruptFile, openStore, revision, SimulatedDisk, type Store } from "#store";

const open = (disk: SimulatedDisk, prng: Prng): Promise<Store> =>
  openStore({
    directory: "",
    disk,
    clock: new ManualClock(),
    prng,
    log: silentLog(),
    limits: { segmentBytes: 3000, snapshotAfterBytes: 5000 },
  });

interface Life {
  readonly lost: number;
  readonly story: readonly string[];
}

async function live(seed: number): Promise<Life> {
  const prng = seededPrng(seed);
  const story: string[] = [];
  const disk = new SimulatedDisk();
  const power = Promise.withResolvers<undefined>();
  let dark = false;
  const store = await open(disk, prng);
  disk.crashAt = disk.operations + prng.between(4, 60);
  disk.onCrash = () => {
    dark = true;
    power.resolve(undefined);
  };
  const acknowledged: string[] = [];
  for (let write = 0; !dark; write++) {
    const key = `/k/${write}`;
    const value = "x".repeat(prng.between(1, 900));
    const answer = await Promise.race([
      store.txn({ key, expect: revision(0), operation: { type: "put", value: Buffer.from(value) } }),
      power.promise,
    ]);
    if (!answer) break;
    acknowledged.push(key);
    story.push(`put ${key} ${value.length} bytes: acknowledged`);
  }
  story.push(`power lost at disk operation ${disk.crashAt}`);
  const lost = await missing(disk.afterCrash(prng), prng, acknowledged, story);
  return { lost, story };
}

/** How many acknowledged writes are gone when the power is back. A store that refuses to open has lost them all, but says so. */
async function missing(disk: SimulatedDisk, prng: Prng, acknowledged: readonly string[], story: string[]): Promise<number> {
  try {
    const store = await open(disk, prng);
    const { kvs } = await store.range({ start: "/k/", end: "/k0" });
    await store.close();
    const there = new Set(kvs.map(({ key }) => key));
    const lost = acknowledged.filter((key) => !there.has(key));
    story.push(`found ${there.size} keys again`, ...lost.map((key) => `LOST ${key}`));
    return lost.length;
  } catch (error) {
    if (!(error instanceof CorruptFile)) throw error;
    story.push(`REFUSED ${error.file} is damaged at byte ${error.offset}`);
    return acknowledged.length;
  }
}

const fingerprint = (story: readonly string[]): string => createHash("sha256").update(story.join("\n")).digest("hex").slice(0, 12);
const [first = 1, last] = (process.argv[2] ?? "1").split("-").map(Number);
if (last === undefined) {
  const { lost, story } = await live(first);
  for (const line of story.slice(process.argv.includes("--whole") ? 0 : -4)) process.stdout.write(`${line}\n`);
  process.stdout.write(`seed ${first}: ${lost} acknowledged writes lost, story ${fingerprint(story)}\n`);
} else {
  const bad: number[] = [];
  for (let seed = first; seed <= last; seed++) if ((await live(seed)).lost > 0) bad.push(seed);
  process.stdout.write(
    `${last - first + 1} lives, ${bad.length} of them lost what they had promised${bad.length > 0 ? `; first seed ${bad[0]}` : ""}\n`,
  );
}
