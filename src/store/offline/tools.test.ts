// check, dump, backup and restore on a real folder: what a store wrote, and what damage does to it.
// Invariant: a backup restored is the same revision, keys and history; damage is named with file and byte, and nothing is changed.
// Called by: the test runner. Next on the way: tools.ts.

import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ManualClock, seededPrng, silentLog } from "#lib";
import { encode } from "../etcd/codec.ts";
import { openLocalStore } from "../open.ts";
import { revision } from "../revision.ts";
import type { LocalStore } from "../store.ts";
import { FolderInUse } from "../lock.ts";
import { backupStore, checkStore, dumpStore, restoreStore, type StoreTools } from "./tools.ts";

const root = mkdtempSync(join(tmpdir(), "dhow-offline-"));
after(() => rmSync(root, { recursive: true }));

const clock = new ManualClock();
const prng = seededPrng(3);
const open = (directory: string): Promise<LocalStore> => openLocalStore({ directory, clock, prng, log: silentLog() });

/** Runs a tool and gives its lines. */
async function lines(run: (tools: StoreTools) => Promise<void>): Promise<string[]> {
  const printed: string[] = [];
  await run({ clock, prng, print: (line) => void printed.push(line) });
  return printed;
}

async function filled(name: string): Promise<string> {
  const directory = join(root, name);
  const store = await open(directory);
  await store.execute({ type: "grantLease", id: 5n, ttlSeconds: 60 });
  for (const [key, value] of [
    ["a", "1"],
    ["a", "2"],
    ["b", "leased"],
  ] as const) {
    const lease = key === "b" ? 5n : 0n;
    await store.execute({ type: "etcdPut", request: encode("PutRequest", { key, value: Buffer.from(value), lease }) });
  }
  await store.txn({ key: "/k", expect: revision(0), operation: { type: "put", value: Buffer.from("kubernetes") } });
  await store.execute({ type: "etcdDeleteRange", request: encode("DeleteRangeRequest", { key: "a" }) });
  await store.close();
  return directory;
}

test("check tells what is there, and says ok", async () => {
  const directory = await filled("check");
  const before = readdirSync(directory);
  deepStrictEqual(await lines((tools) => checkStore(directory, tools)), [
    "revision 6, compacted at 0",
    "keys 2, 24 bytes of all versions kept",
    "leases 1",
    `log 7 entries after the snapshot at 0, up to 7 in term 1; ${readFileSync(join(directory, "0000000000000001.wal")).length} bytes`,
    "ok",
  ]);
  deepStrictEqual(readdirSync(directory), before);
});

test("dump shows records, revisions and keys", async () => {
  const directory = await filled("dump");
  const text = (await lines((tools) => dumpStore(directory, tools))).join("\n");
  match(text, /0000000000000001\.wal: segment 1 after entry 0, format 1/);
  match(text, /entry 2, term 1: grant lease 5 for 60 s/);
  match(text, /entry 3, term 1: put a \(1 bytes\)/);
  match(text, /entry 6, term 1: put \/k \(10 bytes\) if at 0/);
  match(text, /entry 7, term 1: delete a/);
  match(text, / {2}3 put a version 2 \(1 bytes\)/);
  match(text, / {2}6 delete a/);
  match(text, / {2}b created 4 modified 4 version 1 lease 5 \(6 bytes\)/);
});

test("a torn tail is told, damage before it is refused, and neither is touched", async () => {
  const directory = await filled("damage");
  const path = join(directory, "0000000000000001.wal");
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length - 3));
  match((await lines((tools) => checkStore(directory, tools))).join("\n"), /the next start will cut 0000000000000001\.wal to \d+ bytes/);
  strictEqual(readFileSync(path).length, whole.length - 3);
  const broken = Buffer.from(whole);
  broken[200]! ^= 1;
  writeFileSync(path, broken);
  await rejects(
    lines((tools) => checkStore(directory, tools)),
    /0000000000000001\.wal is damaged at byte \d+/,
  );
});

test("a backup restored is the same store", async () => {
  const directory = await filled("backup");
  const file = join(root, "one.backup");
  deepStrictEqual(await lines((tools) => backupStore(directory, file, tools)), [`${file}: revision 6, 2 keys`]);
  const copy = join(root, "restored");
  deepStrictEqual(await lines((tools) => restoreStore(copy, file, tools)), [`${copy}: revision 6, 2 keys`]);
  const store = await open(copy);
  strictEqual(store.state.revision, 6);
  strictEqual(store.state.history.at(3)?.events[0]?.kv.key, "a");
  await store.execute({ type: "etcdPut", request: encode("PutRequest", { key: "after" }) });
  strictEqual(store.state.revision, 7);
  await rejects(
    lines((tools) => backupStore(copy, join(root, "two.backup"), tools)),
    FolderInUse,
  );
  await store.close();
  await rejects(
    lines((tools) => restoreStore(copy, file, tools)),
    /is not empty/,
  );
  await rejects(
    lines((tools) => backupStore(directory, file, tools)),
    /is there already/,
  );
});

test("what is no backup, or a damaged one, restores nothing", async () => {
  const directory = await filled("source");
  const file = join(root, "three.backup");
  await lines((tools) => backupStore(directory, file, tools));
  const bytes = readFileSync(file);
  bytes[bytes.length - 5]! ^= 1;
  writeFileSync(file, bytes);
  const copy = join(root, "nothing");
  await rejects(
    lines((tools) => restoreStore(copy, file, tools)),
    /damaged at byte/,
  );
  writeFileSync(file, "hello");
  await rejects(
    lines((tools) => restoreStore(copy, file, tools)),
    /no backup of a store/,
  );
  strictEqual(readdirSync(root).includes("nothing"), false);
  await rejects(
    lines((tools) => checkStore(copy, tools)),
    /there is no folder/,
  );
});
