// Damage on disk: a torn tail is cut, anything else is refused with file and byte; a failing disk closes the store.
// Invariant: the store never starts with less than it acknowledged, and never guesses.
// Called by: the test runner. Next on the way: wal/recover.ts.

import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { macrotask, ManualClock, seededPrng, silentLog } from "#lib";
import { type EventBatch, type Store, StoreError } from "./contract.ts";
import { FolderInUse, lockFolder, lockName } from "./lock.ts";
import { openStore } from "./open.ts";
import { revision } from "./revision.ts";
import { CorruptFile } from "./wal/disk.ts";
import { SimulatedDisk } from "./wal/simulateddisk.ts";

function open(disk: SimulatedDisk, limits = {}, failed?: (error: Error) => void): Promise<Store> {
  const given = failed ? { failed } : {};
  return openStore({ directory: "", disk, clock: new ManualClock(), prng: seededPrng(3), log: silentLog(), limits, ...given });
}

const put = (store: Store, key: string, value = "v".repeat(100)): ReturnType<Store["txn"]> =>
  store.txn({ key, expect: revision(0), operation: { type: "put", value: Buffer.from(value) } });

/** Files of a store with `writes` keys, one frame each. */
async function filesWith(writes: number, limits = {}): Promise<Map<string, Buffer>> {
  const disk = new SimulatedDisk();
  const store = await open(disk, limits);
  for (let index = 0; index < writes; index++) await put(store, `/k/${index}`);
  for (let turn = 0; turn < 50; turn++) await macrotask();
  await store.close();
  return disk.files();
}

interface Damage {
  readonly name: string;
  readonly limits?: { readonly segmentBytes?: number; readonly snapshotAfterBytes?: number };
  readonly damage: (files: Map<string, Buffer>) => void;
  /** Keys that must be there, or what the refusal says. */
  readonly want: number | RegExp;
}

const wals = (files: Map<string, Buffer>): string[] => [...files.keys()].filter((name) => name.endsWith(".wal")).sort();
const snap = (files: Map<string, Buffer>): string => [...files.keys()].find((name) => name.endsWith(".snap"))!;
const flip = (file: Buffer, at: number): void => void (file[at] = file[at]! ^ 0x40);
const small = { segmentBytes: 600 };
const snapping = { segmentBytes: 600, snapshotAfterBytes: 900 };

const damages: readonly Damage[] = [
  { name: "nothing", damage: () => undefined, want: 10 },
  { name: "the last frame is cut short", damage: (files) => cut(files, wals(files)[0]!, -1), want: 9 },
  { name: "the last frame has only its magic", damage: (files) => cut(files, wals(files)[0]!, -120), want: 9 },
  { name: "zeros follow the last frame", damage: (files) => add(files, wals(files)[0]!, Buffer.alloc(5000)), want: 10 },
  {
    name: "a bit of the last frame is wrong",
    damage: (files) => flip(files.get(wals(files)[0]!)!, files.get(wals(files)[0]!)!.length - 9),
    want: 9,
  },
  {
    name: "a bit in the middle is wrong",
    damage: (files) => flip(files.get(wals(files)[0]!)!, 500),
    want: /wal is damaged at byte \d+: a frame is not valid, and a valid later one follows/,
  },
  { name: "the length of a frame in the middle is wrong", damage: (files) => lengthOf(files), want: /is damaged at byte \d+/ },
  {
    name: "the first header is wrong",
    damage: (files) => flip(files.get(wals(files)[0]!)!, 20),
    want: /0000000000000001\.wal is damaged at byte 0: its header/,
  },
  { name: "a file was only begun", damage: (files) => files.set("0000000000000002.wal", Buffer.alloc(20)), want: 10 },
  {
    name: "an earlier file is cut",
    limits: small,
    damage: (files) => cut(files, wals(files)[1]!, -1),
    want: /0000000000000002\.wal is damaged at byte \d+: a frame is not valid, and later files follow/,
  },
  {
    name: "a file in the middle is missing",
    limits: small,
    damage: (files) => files.delete(wals(files)[1]!),
    want: /entries 1 to \d+ are missing before it/,
  },
  {
    name: "the first file is missing",
    limits: small,
    damage: (files) => files.delete(wals(files)[0]!),
    want: /entries 1 to \d+ are missing before it/,
  },
  { name: "a newer writer's file", damage: (files) => newer(files), want: /needs a reader of format 9/ },
  { name: "nothing, with a snapshot", limits: snapping, damage: () => undefined, want: 10 },
  {
    name: "a bit of the snapshot is wrong",
    limits: snapping,
    damage: (files) => flip(files.get(snap(files))!, 300),
    want: /\.snap is damaged at byte \d+/,
  },
  {
    name: "the snapshot's end is missing",
    limits: snapping,
    damage: (files) => cut(files, snap(files), -30),
    want: /\.snap is damaged at byte \d+/,
  },
  {
    name: "the snapshot's header is wrong",
    limits: snapping,
    damage: (files) => flip(files.get(snap(files))!, 3),
    want: /\.snap is damaged at byte 0/,
  },
  { name: "the snapshot is missing", limits: snapping, damage: (files) => files.delete(snap(files)), want: /are missing before it/ },
  {
    name: "an unfinished snapshot lies about",
    limits: snapping,
    damage: (files) => files.set("00000000000000ff.snap.tmp", Buffer.from("x")),
    want: 10,
  },
  { name: "an earlier frame's bytes lie in a torn tail", damage: (files) => oldFrame(files), want: 10 },
];

function cut(files: Map<string, Buffer>, name: string, end: number): void {
  files.set(name, files.get(name)!.subarray(0, end));
}

function add(files: Map<string, Buffer>, name: string, more: Buffer): void {
  files.set(name, Buffer.concat([files.get(name)!, more]));
}

function lengthOf(files: Map<string, Buffer>): void {
  const file = files.get(wals(files)[0]!)!;
  file.writeUInt32LE(0x00ffffff, file.indexOf("dfrm", 300) + 4);
}

/** A torn frame whose value was a copy of the log itself: it must not pass for a later frame. */
function oldFrame(files: Map<string, Buffer>): void {
  const file = files.get(wals(files)[0]!)!;
  add(files, wals(files)[0]!, Buffer.concat([Buffer.from("dfrm\xff\x00\x00\x00", "latin1"), Buffer.alloc(12), file.subarray(48, 400)]));
}

function newer(files: Map<string, Buffer>): void {
  const file = files.get(wals(files)[0]!)!;
  file.writeUInt16LE(9, 10);
  file.writeUInt32LE(crcOf(file.subarray(0, 44)), 44);
}

function crcOf(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

for (const { name, limits = {}, damage, want } of damages) {
  test(`recovery: ${name}`, async () => {
    const files = await filesWith(10, limits);
    damage(files);
    const disk = new SimulatedDisk(files);
    if (typeof want !== "number") {
      await rejects(open(disk, limits), (error: Error) => (match(error.message, want), true));
      return;
    }
    const store = await open(disk, limits);
    strictEqual(store.status().keys, want);
    await put(store, "/after");
    await store.close();
    const again = await open(new SimulatedDisk(disk.files()), limits);
    strictEqual(again.status().keys, want + 1);
    await again.close();
  });
}

test("a refusal names file and byte, and changes nothing", async () => {
  const files = await filesWith(10);
  flip(files.get(wals(files)[0]!)!, 500);
  const disk = new SimulatedDisk(files);
  await rejects(open(disk), (error: Error) => error instanceof CorruptFile && error.file === wals(files)[0] && error.offset > 48);
  strictEqual(disk.operations, 0);
});

for (const errno of ["ENOSPC", "EIO"]) {
  test(`a disk that says ${errno} closes the store: in flight is unknown, later is refused`, async () => {
    const disk = new SimulatedDisk();
    let failure: Error | undefined;
    const store = await open(disk, {}, (error) => (failure = error));
    await put(store, "/a");
    const closed: (StoreError | undefined)[] = [];
    store.watch(
      { start: "", end: "\0", startRevision: revision(1) },
      { batch: () => undefined, progress: () => undefined, closed: (error) => closed.push(error) },
    );
    disk.failWith(errno);
    const inFlight = put(store, "/b");
    await rejects(inFlight, (error) => error instanceof StoreError && error.code === "outcomeUnknown");
    await rejects(put(store, "/c"), (error) => error instanceof StoreError && error.code === "unavailable");
    await rejects(store.range({ start: "/a" }), (error) => error instanceof StoreError && error.code === "unavailable");
    deepStrictEqual(
      closed.map((error) => error?.code),
      ["unavailable"],
    );
    match(failure!.message, new RegExp(errno));
    await store.close();
  });
}

test("a folder has one opener; a dead one's lock is taken over", () => {
  const directory = mkdtempSync(join(tmpdir(), "dhow-lock-"));
  const unlock = lockFolder(directory);
  const lock = join(directory, lockName);
  ok(readFileSync(lock, "utf8").includes(`${process.pid}`));
  let refused: unknown;
  try {
    lockFolder(directory);
  } catch (error) {
    refused = error;
  }
  ok(refused instanceof FolderInUse && refused.message.includes(`process ${process.pid}`));
  unlock();
  // The same pid, but another life of it; then a file that says nothing.
  for (const content of [JSON.stringify({ pid: process.pid, started: "1" }), JSON.stringify({ pid: 2 ** 22 + 1, started: "7" }), ""]) {
    writeFileSync(lock, content);
    lockFolder(directory)();
  }
  deepStrictEqual(readdirSync(directory), []);
  rmSync(directory, { recursive: true });
});

test("a real folder is free again after a close, and after a failed start", async () => {
  const directory = mkdtempSync(join(tmpdir(), "dhow-open-"));
  const openHere = (): Promise<Store> => openStore({ directory, clock: new ManualClock(), prng: seededPrng(3), log: silentLog() });
  const store = await openHere();
  await rejects(openHere(), FolderInUse);
  await put(store, "/a");
  await Promise.all([store.close(), store.close()]);
  const wal = join(directory, "0000000000000001.wal");
  const whole = readFileSync(wal);
  writeFileSync(wal, Buffer.concat([Buffer.alloc(48), whole.subarray(48)]));
  await rejects(openHere(), CorruptFile);
  writeFileSync(wal, whole);
  const again = await openHere();
  strictEqual(again.status().keys, 1);
  await again.close();
  deepStrictEqual(readdirSync(directory), ["0000000000000001.wal"]);
  rmSync(directory, { recursive: true });
});

/** Written once by format 1, then read for ever. UPDATE=golden writes it anew, which only a new format justifies. */
test("the golden folder of format 1 opens", async () => {
  const folder = fileURLToPath(new URL("./testdata/golden-1/", import.meta.url));
  if (process.env["UPDATE"] === "golden") for (const [name, content] of await goldenFiles()) writeFileSync(join(folder, name), content);
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  ok(wals(files).length > 0 && snap(files) !== undefined);
  const store = await open(new SimulatedDisk(files));
  const batches: EventBatch[] = [];
  store.watch(
    { start: "", end: "\0", startRevision: revision(6) },
    { batch: (batch) => batches.push(batch), progress: () => undefined, closed: () => undefined },
  );
  await macrotask();
  const lines = batches.map(
    ({ revision: at, events, cause }) =>
      `${at} ${events.map((e) => `${e.type} ${e.kv.key}=${Buffer.from(e.kv.value).toString()}`).join(";")} ${cause?.user ?? "-"}`,
  );
  deepStrictEqual(lines.slice(0, 3), ["6 put /leased=kept -", "7 delete /b= alice", "8 put /k/0=0 -"]);
  const { revision: now, compactRevision, keys } = store.status();
  deepStrictEqual({ now, compactRevision, keys }, { now: 37, compactRevision: 6, keys: 32 });
  strictEqual((await store.range({ start: "/a" })).kvs[0]!.version, 2);
  ok((await store.range({ start: "/leased" })).kvs[0]!.lease);
  await store.close();
});

async function goldenFiles(): Promise<Map<string, Buffer>> {
  const disk = new SimulatedDisk();
  const store = await open(disk, { snapshotAfterBytes: 1200 });
  const write = (key: string, expect: number, value: string): ReturnType<Store["txn"]> =>
    store.txn({ key, expect: revision(expect), operation: { type: "put", value: Buffer.from(value) } });
  await write("/a", 0, "one");
  await write("/b", 0, "two");
  await write("/a", 2, "three");
  await write("\u00ff\u0000", 0, "bytes");
  const { id } = await store.grantLease(3600);
  await store.txn({ key: "/leased", expect: revision(0), operation: { type: "put", value: Buffer.from("kept"), lease: id } });
  const cause = {
    user: "alice",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    causes: [revision(2), revision(4)],
  };
  await store.txn({ key: "/b", expect: revision(3), operation: { type: "delete" }, cause });
  await store.compact(revision(6));
  for (let index = 0; index < 30; index++) await write(`/k/${index % 29}`, index === 29 ? 8 : 0, `${index}`);
  for (let turn = 0; turn < 50; turn++) await macrotask();
  await store.close();
  return disk.files();
}
