// A small writer for the proof of order: opens a store, writes, and says on standard output when each write is acknowledged.
// Invariant: a line `ack N` is written right where the answer arrives (a pipe's write is synchronous), and never before.
// Called by: e2e/store-fsync.e2e.ts under strace, e2e/store-kill.e2e.ts to be killed. Next on the way: src/store/wal/diskcalls.ts.

import { silentLog, systemClock, systemPrng } from "#lib";
import { openStore, revision } from "#store";

const [directory, countText, writersText] = process.argv.slice(2);
const store = await openStore({
  directory: directory!,
  clock: systemClock(),
  prng: systemPrng(),
  log: silentLog(),
  limits: { snapshotAfterBytes: 1e6 },
});
const life = store.status().revision;
let next = 0;

async function writer(): Promise<void> {
  while (next < Number(countText)) {
    const name = `${life}-${next++}`;
    const value = Buffer.from(`marker-${name}-`.repeat(20));
    const { succeeded } = await store.txn({ key: `/w/${name}`, expect: revision(0), operation: { type: "put", value } });
    if (succeeded) process.stdout.write(`ack ${name}\n`);
  }
}

await Promise.all(Array.from({ length: Number(writersText) }, writer));
await store.close();
