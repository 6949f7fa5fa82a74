// What came over etcd's face is there after a restart: from the log, from a snapshot, from both.
// Invariant: keys, versions, leases, alarms, users and rights read the same before and after.
// Called by: the test runner. Next on the way: snapshot/write.ts.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { macrotask, ManualClock, seededPrng, silentLog } from "#lib";
import { openLocalStore } from "../open.ts";
import { revision } from "../revision.ts";
import type { LocalStore } from "../store.ts";
import { SimulatedDisk } from "../wal/simulateddisk.ts";
import { encode, type Sparse } from "./codec.ts";
import type { PutRequest, TxnRequest } from "./messages.gen.ts";

const open = (disk: SimulatedDisk, snapshotAfterBytes: number): Promise<LocalStore> =>
  openLocalStore({ directory: "", disk, clock: new ManualClock(), prng: seededPrng(1), log: silentLog(), limits: { snapshotAfterBytes } });

function put(store: LocalStore, request: Sparse<PutRequest>): Promise<unknown> {
  return store.execute({ type: "etcdPut", request: encode("PutRequest", request) });
}

async function fill(store: LocalStore): Promise<void> {
  await store.execute({ type: "grantLease", id: 7n, ttlSeconds: 60 });
  await put(store, { key: "a", value: Buffer.from("1") });
  await put(store, { key: "a", value: Buffer.from("2"), lease: 7n });
  await put(store, { key: "b\xff", value: Buffer.from([0, 255]) });
  const txn: Sparse<TxnRequest> = {
    compare: [{ key: "a", target: 0, version: 2 }],
    success: [{ request_put: { key: "c" } }, { request_delete_range: { key: "b", range_end: "c" } }, { request_txn: { failure: [] } }],
  };
  await store.execute({ type: "etcdTxn", request: encode("TxnRequest", txn) });
  await store.execute({ type: "compact", revision: revision(3) });
  await store.execute({ type: "alarm", active: true, alarm: 1, member: 0xffff_ffff_ffff_fff1n });
  await store.execute({ type: "auth", change: { change: "addUser", name: "root", passwordHash: "h", noPassword: false } });
  await store.execute({ type: "auth", change: { change: "grantRole", name: "root", role: "root" } });
  await store.execute({ type: "auth", change: { change: "addRole", name: "reader" } });
  const permission = { type: 0, key: "a", rangeEnd: "\0" };
  await store.execute({ type: "auth", change: { change: "grantPermission", name: "reader", permission } });
  await store.execute({ type: "auth", change: { change: "enable" } });
}

function picture({ state }: LocalStore): object {
  const scan = state.scan({ start: "", end: "\0" }, state.revision, { limit: 0, countOnly: false });
  scan.advance(1000);
  return {
    revision: state.revision,
    compactRevision: state.compactRevision,
    kvs: scan.kvs.map((kv) => ({ ...kv, value: Buffer.from(kv.value).toString("hex") })),
    leases: Array.from(state.leases.all(), ({ id, ttlSeconds, keys }) => ({ id, ttlSeconds, keys: [...keys] })),
    alarms: state.alarms.up,
    auth: state.auth.record(),
    events: Array.from({ length: 3 }, (_, index) =>
      state.history.at(3 + index)?.events.map(({ type, kv, previous }) => ({ type, key: kv.key, before: previous?.modRevision })),
    ),
  };
}

for (const [name, snapshotAfterBytes] of [
  ["the log", 1e9],
  ["snapshots, and what came after", 1],
] as const)
  test(`a restart reads ${name}`, async () => {
    const disk = new SimulatedDisk();
    const first = await open(disk, snapshotAfterBytes);
    await fill(first);
    const before = picture(first);
    // A snapshot under way ends before the next begins.
    for (let turn = 0; turn < 50; turn++) await macrotask();
    await put(first, { key: "last" });
    await first.close();
    const snapshots = (await new SimulatedDisk(disk.files()).list()).filter((file) => file.endsWith(".snap"));
    strictEqual(snapshots.length > 0, snapshotAfterBytes === 1);
    const second = await open(new SimulatedDisk(disk.files()), snapshotAfterBytes);
    const { kvs, revision: now, ...rest } = picture(second) as { kvs: { key: string }[]; revision: number };
    const { kvs: kvsBefore, revision: then, ...restBefore } = before as typeof rest & { kvs: { key: string }[]; revision: number };
    strictEqual(now, then + 1);
    deepStrictEqual(
      kvs.filter(({ key }) => key !== "last"),
      kvsBefore,
    );
    deepStrictEqual(rest, restBefore);
    ok(second.state.auth.enabled);
    await second.close();
  });
