// The face without a socket: requests that are no messages, messages that make no sense, and the health call.
// Invariant: whatever bytes come, a call answers or refuses in gRPC's words, and the store goes on.
// Called by: the test runner. What etcd answers to sensible requests is in conformance/etcd. Next on the way: face.ts.

import { ok, rejects, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, type Prng, seededPrng, silentLog } from "#lib";
import { type GrpcCall, GrpcError, type GrpcMethod } from "#wire";
import { openLocalStore } from "../open.ts";
import type { LocalStore } from "../store.ts";
import { SimulatedDisk } from "../wal/simulateddisk.ts";
import { decode, encode } from "./codec.ts";
import { createEtcd, etcdMethods } from "./face.ts";
import { soleMember } from "./identity.ts";
import { calls, type Messages, rows } from "./messages.gen.ts";

interface Face {
  readonly store: LocalStore;
  readonly methods: ReadonlyMap<string, GrpcMethod>;
}

async function face(): Promise<Face> {
  const [clock, prng, log] = [new ManualClock(), seededPrng(5), silentLog()];
  const store = await openLocalStore({ directory: "", disk: new SimulatedDisk(), clock, prng, log });
  const identity = soleMember("default", ["http://localhost:2380"], ["http://localhost:2379"], "etcd-cluster");
  return { store, methods: etcdMethods(createEtcd({ store, clock, prng, log, identity, version: "3.5.21" })) };
}

const callerOf = (method: string): GrpcCall => ({ method, metadata: {}, peer: { address: "" }, signal: AbortSignal.abort() });

async function unary({ methods }: Face, path: string, request: Buffer): Promise<Uint8Array> {
  const method = methods.get(path);
  ok(method?.form === "unary");
  return await method.call(request, callerOf(path));
}

test("ids are those that etcd derives from the same addresses", () => {
  const { memberId, clusterId } = soleMember("default", ["http://localhost:2380"], [], "etcd-cluster");
  strictEqual(memberId, 10276657743932975437n);
  strictEqual(clusterId, 14841639068965178418n);
});

test("the health call knows the server, and nothing else", async () => {
  const one = await face();
  const path = "/grpc.health.v1.Health/Check";
  strictEqual(Buffer.from(await unary(one, path, Buffer.alloc(0))).toString("hex"), "0801");
  await rejects(unary(one, path, Buffer.from("0a0161", "hex")), (error: GrpcError) => error.code === "NOT_FOUND");
  await one.store.close();
});

test("bytes that are no message are refused before the call sees them", async () => {
  const one = await face();
  await rejects(unary(one, calls.Put.path, Buffer.from("0aff", "hex")), (error: GrpcError) => {
    strictEqual(error.code, "INTERNAL");
    return error.message.startsWith("grpc: error unmarshalling request: ");
  });
  strictEqual(one.store.state.revision, 1);
  await one.store.close();
});

/** A message by its row, with values that are small, odd or absent. */
function randomMessage(prng: Prng, name: string, depth: number): object {
  const message: Record<string, unknown> = {};
  for (const text of rows[name as keyof Messages].split(" ")) {
    const [, field, kind] = text.split(":");
    if (field === undefined || kind === undefined || prng.between(0, 2) === 0) continue;
    const one = (): unknown => randomValue(prng, kind, depth);
    const value = kind.endsWith("*") ? Array.from({ length: prng.between(0, 3) }, one).filter((item) => item !== undefined) : one();
    if (value !== undefined) message[field] = value;
  }
  return message;
}

const keys = ["", "a", "b", "ab", "\0", "\xff", "root", "r"];

function randomValue(prng: Prng, kind: string, depth: number): unknown {
  switch (kind.charAt(0)) {
    case "b":
      return prng.between(0, 1) === 1;
    case "e":
      return prng.between(-1, 5);
    case "i":
    case "u":
      return [0, 1, 2, 3, 100, kind[0] === "i" ? -1 : 7, 2 ** 40][prng.between(0, 6)];
    case "I":
    case "U":
      return [0n, 1n, 2n, kind[0] === "I" ? -1n : 9n, 0x7fff_ffff_ffff_ffffn][prng.between(0, 4)];
    case "y":
      return Buffer.from(prng.bytes(prng.between(0, 20)));
    case "m":
      return depth > 4 ? undefined : randomMessage(prng, kind.slice(1).replace(/[*?]$/, ""), depth + 1);
    default:
      return keys[prng.between(0, keys.length - 1)];
  }
}

/** Passwords cost what they should, which is too much for a loop; turning rights on would end the rest. */
const left = new Set(["UserAdd", "UserChangePassword", "Authenticate", "AuthEnable"]);

test("six thousand odd messages, half of them broken: each is answered or refused, and the store goes on", async () => {
  const one = await face();
  const prng = seededPrng(11);
  const names = (Object.keys(calls) as (keyof typeof calls)[]).filter((name) => calls[name].form === "unary" && !left.has(name));
  let answered = 0;
  for (let round = 0; round < 6000; round++) {
    const { path, request, response } = calls[names[prng.between(0, names.length - 1)]!];
    if (!one.methods.has(path)) continue;
    const bytes = Buffer.from(encode(request, randomMessage(prng, request, 0)));
    if (prng.between(0, 1) === 0 && bytes.length > 0) bytes[prng.between(0, bytes.length - 1)]! ^= 1 << prng.between(0, 7);
    try {
      decode(response, Buffer.from(await unary(one, path, bytes)));
      answered++;
    } catch (error) {
      strictEqual(one.store.failure, undefined, `${path} ${bytes.toString("hex")} ended the store`);
      ok(error instanceof GrpcError, `${path} ${bytes.toString("hex")}: ${String(error)}`);
    }
  }
  ok(answered > 1000, `${answered} answers`);
  await one.store.execute({ type: "alarm", active: false, alarm: 1, member: 0n });
  const scan = one.store.state.scan({ start: "", end: "\0" }, one.store.state.revision, { limit: 0, countOnly: false });
  scan.advance(1e6);
  strictEqual(scan.kvs.length, one.store.state.liveKeys);
  await one.store.close();
});
