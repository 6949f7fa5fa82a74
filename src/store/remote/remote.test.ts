// The contract over a socket: a store of ours with etcd's face, asked as an API server asks a foreign one; it is cut off and brought back.
// Invariant: what is delivered is waited for, never timed; each revision is seen once and in order, whatever happens to the connection.
// Called by: the test runner. e2e/remote.e2e.ts does the same with etcd itself. Next on the way: store.ts.

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { after, before, test } from "node:test";
import { MetricRegistry, seededPrng, silentLog, systemClock } from "#lib";
import type { Cause, EventBatch, Store, StoreError } from "../contract.ts";
import { type EtcdServer, serveEtcd } from "../etcd/serve.ts";
import { revision } from "../revision.ts";
import { SimulatedDisk } from "../wal/simulateddisk.ts";
import { openRemoteStore } from "./open.ts";
import { knowsProgress } from "./version.ts";

const disk = new SimulatedDisk();
const common = { clock: systemClock(), prng: seededPrng(3), log: silentLog() };
let server: EtcdServer;
let store: Store;
let port = 0;

async function serve(): Promise<void> {
  server = await serveEtcd({
    ...common,
    directory: "",
    disk,
    name: "default",
    clusterToken: "t",
    peerUrls: ["http://127.0.0.1:2380"],
    clientUrls: ["http://127.0.0.1:2379"],
    listen: [{ host: "127.0.0.1", port }],
    version: "3.5.21",
    metrics: new MetricRegistry(),
  });
  port = server.ports[0]!;
}

before(async () => {
  await serve();
  const servers = ["http://127.0.0.1:1", `http://127.0.0.1:${port}`];
  // Every test of the run waits for this: a slow machine is no reason to fail them all.
  store = await openRemoteStore({ ...common, servers, prefix: "/other", patienceMs: 60_000 });
});
after(async () => {
  await store.close();
  await server.close();
});

const key = (name: string): string => `/registry/things/${name}`;
const things = { start: "/registry/things/", end: "/registry/things0" };
const none = revision(0);
/** Nothing takes this long, however slow the machine is. */
const boundMs = 60_000;

async function put(name: string, value: string, expect = none, cause?: Cause): Promise<number> {
  const operation = { type: "put", value: Buffer.from(value) } as const;
  const result = await store.txn({ key: key(name), expect, operation, ...(cause && { cause }) });
  ok(result.succeeded);
  return result.revision;
}

/** A watch whose events are waited for by their number, all since it began. */
class Watched {
  readonly batches: EventBatch[] = [];
  readonly ended = Promise.withResolvers<StoreError | undefined>();
  reached = 0;
  #wake: (() => void) | undefined;
  readonly watch;

  constructor(from: number) {
    this.watch = store.watch(
      { ...things, startRevision: revision(from) },
      {
        batch: (batch) => {
          this.batches.push(batch);
          this.reached = batch.revision;
          this.#wake?.();
        },
        progress: (upTo) => {
          this.reached = upTo;
          this.#wake?.();
        },
        closed: (error) => this.ended.resolve(error),
      },
    );
  }

  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await new Promise<void>((resolve, reject) => {
        const late = common.clock.after(boundMs, () => reject(new Error(`still at ${this.reached}`)), { hold: true });
        this.#wake = () => {
          late.cancel();
          resolve();
        };
      });
    }
  }

  async count(batches: number): Promise<readonly number[]> {
    await this.until(() => this.batches.length >= batches);
    return this.batches.map(({ revision: one }) => one);
  }
}

test("a key is created, changed under a condition, read as it was, deleted", async () => {
  const first = await put("a", "one");
  const refused = await store.txn({ key: key("a"), expect: none, operation: { type: "put", value: Buffer.from("x") } });
  ok(!refused.succeeded);
  strictEqual(refused.current?.modRevision, first);
  const second = await put("a", "two", revision(first));
  const { kvs, count, more } = await store.range({ ...things, limit: 1, revision: revision(first) });
  deepStrictEqual([kvs[0]?.key, Buffer.from(kvs[0]!.value).toString(), kvs[0]?.version, count, more], [key("a"), "one", 1, 1, false]);
  const gone = await store.txn({ key: key("a"), expect: revision(second), operation: { type: "delete" } });
  ok(gone.succeeded && gone.previous?.modRevision === second);
  strictEqual((await store.range({ start: key("a") })).kvs.length, 0);
  ok((await store.linearizableRevision()) >= gone.revision && store.status().revision >= gone.revision);
});

test("pages, counts and keys alone", async () => {
  for (const name of ["p1", "p2", "p3"]) await put(name, name);
  const page = await store.range({ ...things, limit: 2 });
  deepStrictEqual([page.kvs.map((kv) => kv.key), page.more, page.count], [[key("p1"), key("p2")], true, 3]);
  const rest = await store.range({ start: `${page.kvs[1]!.key}\0`, end: things.end, revision: page.revision, keysOnly: true });
  deepStrictEqual([rest.kvs.map((kv) => [kv.key, kv.value.length]), rest.more], [[[key("p3"), 0]], false]);
  deepStrictEqual((await store.range({ ...things, countOnly: true })).kvs, []);
});

test("what a watch is told: the past, then the present, with the cause of our own writes", async () => {
  const cause: Cause = { user: "alice", traceId: "t", spanId: "s", causes: [] };
  const first = await put("w", "1");
  const watched = new Watched(first);
  const second = await put("w", "2", revision(first), cause);
  deepStrictEqual(await watched.count(2), [first, second]);
  deepStrictEqual(watched.batches[1]!.cause, cause);
  deepStrictEqual(store.causeOf(revision(second)), cause);
  const gone = await store.txn({ key: key("w"), expect: revision(second), operation: { type: "delete" } });
  await watched.count(3);
  const told = watched.batches.flatMap(({ events }) =>
    events.map(({ type, kv }) => `${type} ${Buffer.from(kv.value).toString()} ${kv.version}`),
  );
  deepStrictEqual(told, ["put 1 1", "put 2 2", "delete  0"]);
  strictEqual(watched.reached, gone.revision);
  watched.watch.close();
  strictEqual(await watched.ended.promise, undefined);
});

test("a watch learns that nothing is missing, though what was written lies elsewhere", async () => {
  const watched = new Watched(store.status().revision + 1);
  const elsewhere = await store.txn({ key: "/registry/else", expect: none, operation: { type: "put", value: Buffer.from("x") } });
  watched.watch.requestProgress();
  await watched.until(() => watched.reached >= elsewhere.revision);
  deepStrictEqual(watched.batches, []);
  watched.watch.close();
});

test("the server goes and comes back: the watch has everything once, reads wait, writes that were not sent are sent", async () => {
  const first = await put("r", "0");
  const watched = new Watched(first);
  await watched.count(1);
  await server.close();
  const written = put("r", "1", revision(first));
  const read = store.range({ start: key("r") });
  await serve();
  const second = await written;
  ok((await read).kvs.length === 1);
  const third = await put("r", "2", revision(second));
  deepStrictEqual(await watched.count(3), [first, second, third]);
  watched.watch.close();
});

test("compaction: reads and watches below it are refused, the newest state stays; whoever comes second learns of it", async () => {
  const first = await put("c", "1");
  const second = await put("c", "2", revision(first));
  await store.compact(revision(second));
  strictEqual(store.status().compactRevision, second);
  await rejects(store.range({ ...things, revision: revision(first) }), { name: "StoreError", code: "compacted" });
  const error = await new Watched(first).ended.promise;
  deepStrictEqual([error?.code, error?.compactRevision], ["compacted", second]);
  strictEqual((await store.range({ start: key("c") })).kvs.length, 1);
  const other = await openRemoteStore({ ...common, servers: [`http://127.0.0.1:${port}`] });
  strictEqual(other.status().compactRevision, second);
  const third = await put("c", "3", revision(second));
  await store.compact(revision(third));
  await other.compact(revision(first));
  strictEqual(other.status().compactRevision, third);
  await other.close();
});

test("leases: granted, kept alive, revoked with their keys", async () => {
  const { id, ttlSeconds } = await store.grantLease(60);
  strictEqual(ttlSeconds, 60);
  await store.txn({ key: key("leased"), expect: none, operation: { type: "put", value: Buffer.from("x"), lease: id } });
  strictEqual((await store.range({ start: key("leased") })).kvs[0]?.lease, id);
  strictEqual((await store.keepAlive(id)).ttlSeconds, 60);
  await store.revokeLease(id);
  strictEqual((await store.range({ start: key("leased") })).kvs.length, 0);
  await rejects(store.keepAlive(id), { code: "leaseNotFound" });
  await rejects(put2("z", 77n), { code: "leaseNotFound" });
});

const put2 = (name: string, lease: bigint): Promise<unknown> =>
  store.txn({ key: key(name), expect: none, operation: { type: "put", value: Buffer.from("x"), lease } });

test("refusals have the contract's names", async () => {
  await rejects(store.range({ ...things, revision: revision(1e9) }), { code: "future" });
  const large = { type: "put", value: Buffer.alloc(1.6 * 1024 * 1024) } as const;
  await rejects(store.txn({ key: key("large"), expect: none, operation: large }), { code: "tooLarge" });
});

test("the prefix keeps clusters apart", async () => {
  const other = await openRemoteStore({ ...common, servers: [`http://127.0.0.1:${port}`] });
  strictEqual((await other.range({ start: "/registry/", end: "/registry0" })).count, 0);
  ok((await other.range({ start: "/other/", end: "/other0" })).count > 0);
  await other.close();
});

test("a store that is not there is named with what went wrong", async () => {
  const opening = openRemoteStore({ ...common, servers: ["http://127.0.0.1:1", "http://127.0.0.1:2"] });
  await rejects(opening, (error: StoreError) => {
    strictEqual(error.code, "unavailable");
    return /127\.0\.0\.1:1: .*ECONNREFUSED.*; .*127\.0\.0\.1:2: /.test(error.message);
  });
});

test("releases that can be asked for progress", () => {
  const releases = { "3.4.23": false, "3.4.31": true, "3.5.12": false, "3.5.13": true, "3.6.0": true, "3.3.27": false, "4.0.0": true };
  for (const [version, knows] of Object.entries(releases)) strictEqual(knowsProgress(version), knows, version);
});
