// A watcher that does not read: the store goes on, and when the watcher reads again it misses nothing, or is told that it did.
// Invariant: what waits for a slow reader is bounded; history is its queue.
// Called by: the test runner. Next on the way: rpc/watch/watch.ts, `#pause`.

import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { seededPrng, silentLog, systemClock } from "#lib";
import { serveGrpc } from "#wire";
import { openLocalStore } from "../open.ts";
import { revision } from "../revision.ts";
import type { LocalStore } from "../store.ts";
import { SimulatedDisk } from "../wal/simulateddisk.ts";
import { decode, encode } from "./codec.ts";
import { createEtcd, etcdMethods } from "./face.ts";
import { soleMember } from "./identity.ts";
import { calls, type WatchResponse } from "./messages.gen.ts";

const puts = 2000;
const valueBytes = 12_288;

interface Setting {
  readonly store: LocalStore;
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  readonly close: () => Promise<void>;
}

async function watching(): Promise<Setting> {
  const [clock, prng, log] = [systemClock(), seededPrng(1), silentLog()];
  const store = await openLocalStore({ directory: "", disk: new SimulatedDisk(), clock, prng, log });
  const identity = soleMember("default", [], [], "");
  const methods = etcdMethods(createEtcd({ store, clock, prng, log, identity, version: "3.5.21" }));
  const services = { methods, maxMessageBytes: 4 * 1024 * 1024, log };
  const http = () => Promise.reject(new Error("nobody asks"));
  const server = await serveGrpc({ host: "127.0.0.1", port: 0, services, http, clock });
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), { "grpc.max_receive_message_length": -1 });
  const same = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeBidiStreamRequest(calls.Watch.path, same, same);
  stream.on("error", () => undefined);
  const close = async (): Promise<void> => {
    stream.cancel();
    client.close();
    await server.close(100);
    await store.close();
  };
  return { store, stream, close };
}

/** Takes messages until `enough` says so. */
function read(stream: Setting["stream"], enough: (response: WatchResponse) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const take = (bytes: Buffer): void => {
      if (!enough(decode("WatchResponse", bytes))) return;
      stream.off("data", take);
      stream.pause();
      resolve();
    };
    stream.on("data", take);
    stream.resume();
  });
}

async function fill(store: LocalStore): Promise<void> {
  const value = Buffer.alloc(valueBytes, "v");
  for (let index = 0; index < puts; index += 100) {
    const batch = Array.from({ length: 100 }, (_, offset) => encode("PutRequest", { key: `k${(index + offset) % 7}`, value }));
    await Promise.all(batch.map((request) => store.execute({ type: "etcdPut", request })));
  }
}

test("a slow reader has every revision once and in order", async () => {
  const { store, stream, close } = await watching();
  stream.write(encode("WatchRequest", { create_request: { key: "k", range_end: "l" } }));
  await read(stream, ({ created }) => created);
  await fill(store);
  const seen: number[] = [];
  await read(stream, ({ events }) => {
    for (const { kv } of events) seen.push(kv!.mod_revision);
    return seen.length >= puts;
  });
  deepStrictEqual(
    seen,
    Array.from({ length: puts }, (_, index) => index + 2),
  );
  await close();
});

test("a reader so slow that its place was compacted is told so, after what it was sent", async () => {
  const { store, stream, close } = await watching();
  stream.write(encode("WatchRequest", { create_request: { key: "k", range_end: "l" } }));
  await read(stream, ({ created }) => created);
  await fill(store);
  await store.execute({ type: "compact", revision: revision(puts) });
  let last = 1;
  let compacted = 0;
  await read(stream, ({ events, canceled, compact_revision }) => {
    for (const { kv } of events) {
      strictEqual(kv!.mod_revision, last + 1);
      last = kv!.mod_revision;
    }
    compacted = compact_revision;
    return canceled;
  });
  strictEqual(compacted, puts);
  ok(last < puts, `${last}: the reader was not slow`);
  await close();
});
