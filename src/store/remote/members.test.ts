// Members that behave as a script says: without a leader, of another cluster, dying with a request in their hands.
// Invariant: a read finds a member that can answer; a write that may have arrived is never sent twice; a watch goes on where it was.
// Called by: the test runner. Next on the way: endpoints.ts, calls.ts, watch.ts.

import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { afterEach, test } from "node:test";
import { seededPrng, silentLog, systemClock } from "#lib";
import { GrpcError, type GrpcMethod, type GrpcStream, serveGrpc } from "#wire";
import { revision } from "../revision.ts";
import type { Store, TxnRequest } from "../contract.ts";
import { decode, encode } from "../etcd/codec.ts";
import { calls, type Messages } from "../etcd/messages.gen.ts";
import { openRemoteStore } from "./open.ts";

type Answers = Partial<{
  readonly status: Parameters<typeof encode<"StatusResponse">>[1];
  readonly range: () => Parameters<typeof encode<"RangeResponse">>[1];
  readonly txn: () => Promise<Parameters<typeof encode<"TxnResponse">>[1]>;
  readonly watch: (stream: GrpcStream, request: Messages["WatchRequest"]) => void;
}>;

const clock = systemClock();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const header = { cluster_id: 7n, revision: 10 };
const healthy = { header, version: "3.5.21", leader: 1n };

/** One member that answers as told; what is not told has an empty answer. */
async function member(answers: Answers): Promise<string> {
  const methods = new Map<string, GrpcMethod>([
    [calls.Status.path, { form: "unary", call: async () => encode("StatusResponse", answers.status ?? healthy) }],
    [calls.Range.path, { form: "unary", call: async () => encode("RangeResponse", answers.range?.() ?? { header }) }],
    [calls.Txn.path, { form: "unary", call: async () => encode("TxnResponse", (await answers.txn?.()) ?? { header, succeeded: true }) }],
    [
      calls.Watch.path,
      {
        form: "stream",
        call: (stream) =>
          stream.onMessage(
            (bytes) => answers.watch?.(stream, decode("WatchRequest", bytes)),
            () => undefined,
          ),
      },
    ],
  ]);
  const services = { methods, maxMessageBytes: 1 << 20, log: silentLog() };
  const server = await serveGrpc({
    host: "127.0.0.1",
    port: 0,
    services,
    clock,
    http: async () => ({ status: 404, headers: {}, body: undefined }),
  });
  closing.push(() => server.close(0));
  return `http://127.0.0.1:${server.port}`;
}

async function open(...servers: readonly string[]): Promise<Store> {
  const store = await openRemoteStore({ servers, clock, prng: seededPrng(1) });
  closing.push(() => store.close());
  return store;
}

const write: TxnRequest = { key: "/registry/a", expect: revision(0), operation: { type: "put", value: Buffer.from("x") } };
const unavailable = (text: string): GrpcError => new GrpcError("UNAVAILABLE", text);

test("a member without a leader, a learner and one of another cluster are not asked", async () => {
  const leaderless = await member({ status: { ...healthy, leader: 0n } });
  const learner = await member({ status: { ...healthy, isLearner: true } });
  await rejects(open(leaderless, learner), /etcdserver: no leader; .*etcdserver: rpc not supported for learner/);
  let down = false;
  const range = () => {
    if (down) throw unavailable("etcdserver: no leader");
    return { header };
  };
  const first = await member({ range });
  const stranger = await member({ status: { ...healthy, header: { cluster_id: 8n } } });
  const good = await member({ range: () => ({ header: { ...header, revision: 20 } }) });
  const store = await open(first, stranger, leaderless, good);
  strictEqual(await store.linearizableRevision(), 10);
  down = true;
  strictEqual(await store.linearizableRevision(), 20);
});

test("a write whose answer never came is not sent again, and nobody claims to know", async () => {
  let sent = 0;
  const dying = await member({
    async txn() {
      sent++;
      throw unavailable("etcdserver: request timed out");
    },
  });
  const store = await open(dying, await member({}));
  await rejects(store.txn(write), { code: "outcomeUnknown", message: "etcdserver: request timed out" });
  strictEqual(sent, 1);
  // The next one goes to the other member.
  strictEqual((await store.txn(write)).succeeded, true);
  strictEqual(sent, 1);
});

test("a write that a member refused before it was proposed has not taken place", async () => {
  const busy = await member({ txn: () => Promise.reject(new GrpcError("RESOURCE_EXHAUSTED", "etcdserver: too many requests")) });
  const full = await member({
    txn: () => Promise.reject(new GrpcError("RESOURCE_EXHAUSTED", "etcdserver: mvcc: database space exceeded")),
  });
  await rejects((await open(busy)).txn(write), { code: "unavailable" });
  await rejects((await open(full)).txn(write), { code: "noSpace" });
});

test("a watch that its member ends goes on elsewhere after the last revision that was delivered, none twice", async () => {
  const asked: number[] = [];
  const events = (...revisions: number[]) => {
    const kv = (one: number) => ({ key: "/registry/a", mod_revision: one, create_revision: 1, version: one });
    return { header: { ...header, revision: Math.max(...revisions) }, events: revisions.map((one) => ({ kv: kv(one) })) };
  };
  const answer = (stream: GrpcStream, message: Parameters<typeof encode<"WatchResponse">>[1]): void =>
    stream.send(encode("WatchResponse", message));
  const losing = await member({
    watch(stream, { create_request }) {
      if (!create_request) return;
      asked.push(create_request.start_revision);
      answer(stream, { header, created: true });
      answer(stream, events(5, 5, 6));
      answer(stream, { header, canceled: true, cancel_reason: "etcdserver: no leader" });
    },
  });
  const keeping = await member({
    watch(stream, { create_request }) {
      if (!create_request) return;
      asked.push(create_request.start_revision);
      answer(stream, { header, created: true });
      // One that lags behind tells again what was told.
      answer(stream, events(6, 7));
      answer(stream, { header: { ...header, revision: 9 } });
    },
  });
  const store = await open(losing, keeping);
  const seen: (readonly [revision: number, events: number])[] = [];
  const caughtUp = Promise.withResolvers<number>();
  store.watch(
    { start: "/registry/", end: "/registry0", startRevision: revision(5) },
    {
      batch: (batch) => seen.push([batch.revision, batch.events.length]),
      progress: (upTo) => caughtUp.resolve(upTo),
      closed: () => undefined,
    },
  );
  strictEqual(await caughtUp.promise, 9);
  deepStrictEqual(seen, [
    [5, 2],
    [6, 1],
    [7, 1],
  ]);
  deepStrictEqual(asked, [5, 7]);
});

test("a release that cannot be asked is watched whole: other people's keys are no events, and say how far it is", async () => {
  const put = (key: string, one: number) => ({ kv: { key, mod_revision: one, create_revision: one, version: 1, value: Buffer.from("x") } });
  const created: string[] = [];
  const old = await member({
    status: { ...healthy, version: "3.4.23" },
    watch(stream, { create_request, progress_request }) {
      created.push(progress_request ? "progress" : `${create_request?.key} ${create_request?.range_end}`);
      stream.send(encode("WatchResponse", { header, created: true }));
      // What lies below another prefix looks like ours when ours is another one.
      const events = [put("/one/a", 3), put("/registry/a", 4), put("/one/b", 5), put("compact_rev_key", 6)];
      stream.send(encode("WatchResponse", { header, events }));
    },
  });
  const store = await openRemoteStore({ servers: [old], prefix: "/one", clock, prng: seededPrng(1) });
  closing.push(() => store.close());
  const seen: string[] = [];
  const done = Promise.withResolvers<void>();
  /** The last revision ends it whatever it is taken for, and so does an end. */
  const saw = (text: string, at: number): void => {
    seen.push(text);
    if (at === 6) done.resolve();
  };
  const watch = store.watch(
    { start: "/registry/", end: "/registry0", startRevision: revision(3) },
    {
      batch: ({ events }) => events.forEach(({ kv }) => saw(`${kv.key}@${kv.modRevision}`, kv.modRevision)),
      progress: (upTo) => saw(`up to ${upTo}`, upTo),
      closed: (error) => saw(`closed: ${error?.message}`, 6),
    },
  );
  watch.requestProgress();
  await done.promise;
  deepStrictEqual(seen, ["/registry/a@3", "up to 4", "/registry/b@5", "up to 6"]);
  deepStrictEqual(created, ["\0 \0"]);
});

test("compacted by somebody else: the watch ends, and says where history begins", async () => {
  const one = await member({
    watch: (stream) => stream.send(encode("WatchResponse", { header, canceled: true, compact_revision: 8 })),
  });
  const store = await open(one);
  const ended = Promise.withResolvers<unknown>();
  store.watch(
    { start: "/registry/", end: "/registry0", startRevision: revision(5) },
    { batch: () => undefined, progress: () => undefined, closed: (error) => ended.resolve([error?.code, error?.compactRevision]) },
  );
  deepStrictEqual(await ended.promise, ["compacted", 8]);
});

test("who asks how new the store is while that is being asked gets an answer that began after the question", async () => {
  let asked = 0;
  const store = await open(await member({ range: () => ({ header: { ...header, revision: 100 + asked++ } }) }));
  const before = asked;
  const answers = await Promise.all(Array.from({ length: 10 }, () => store.linearizableRevision()));
  deepStrictEqual([asked - before, answers[0], new Set(answers.slice(1)).size], [2, 100 + before, 1]);
  strictEqual(answers[9], 101 + before);
});
