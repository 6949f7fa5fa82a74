// A hundred puts, each acknowledged; then the power fails, and comes back. What is there?
// Invariant: the store is the real one, only its disk is played: it keeps for certain what was synced, and of the rest what chance leaves.
// Called by: lab.md beside it. Next on the way: src/store/wal/simulateddisk.ts; lab 6, which lives two hundred such lives.

import { ManualClock, type Prng, seededPrng, silentLog } from "#lib";
import { CorruptFile, openStore, revision, SimulatedDisk, type Store } from "#store";

const puts = 100;
const prng = seededPrng(18);
const open = (disk: SimulatedDisk, chance: Prng): Promise<Store> =>
  openStore({ directory: "", disk, clock: new ManualClock(), prng: chance, log: silentLog() });

const disk = new SimulatedDisk();
const store = await open(disk, prng);
for (let put = 0; put < puts; put++)
  await store.txn({ key: `k/${String(put).padStart(3, "0")}`, expect: revision(0), operation: { type: "put", value: Buffer.from("x") } });
try {
  const again = await open(disk.afterCrash(prng), prng);
  const { count } = await again.range({ start: "k/", end: "k0" });
  console.log(`${puts} acknowledged, ${count} there when the power came back`);
} catch (error) {
  if (!(error instanceof CorruptFile)) throw error;
  console.log(`${puts} acknowledged, and the store refuses its log: ${error.message}`);
}
process.exit();
