// Rights that change between the look at them and the write: the write is refused, as etcd refuses it.
// Invariant: what a caller might no longer do when its entry is applied is not done.
// Called by: the test runner. Next on the way: face.ts (`execute`), mvcc/state.ts (`guarded`).

import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, seededPrng, silentLog } from "#lib";
import type { GrpcCall, GrpcError } from "#wire";
import { openLocalStore } from "../open.ts";
import { decodeCommand, encodeCommand } from "../mvcc/command.ts";
import { SimulatedDisk } from "../wal/simulateddisk.ts";
import { decode, encode, type Sparse } from "./codec.ts";
import { createEtcd, etcdMethods } from "./face.ts";
import { soleMember } from "./identity.ts";
import { calls, type Messages } from "./messages.gen.ts";

test("a write whose caller lost a right meanwhile is refused", async () => {
  const [clock, prng, log] = [new ManualClock(), seededPrng(5), silentLog()];
  const store = await openLocalStore({ directory: "", disk: new SimulatedDisk(), clock, prng, log });
  const identity = soleMember("default", ["http://localhost:2380"], ["http://localhost:2379"], "etcd-cluster");
  const methods = etcdMethods(createEtcd({ store, clock, prng, log, identity, version: "3.5.21" }));
  async function call<Name extends keyof typeof calls>(
    name: Name,
    request: Sparse<Messages[(typeof calls)[Name]["request"]]>,
    token?: string,
  ): Promise<Messages[(typeof calls)[Name]["response"]]> {
    const { path, request: asks, response } = calls[name];
    const method = methods.get(path);
    ok(method?.form === "unary");
    const metadata = token === undefined ? {} : { token };
    const caller: GrpcCall = { method: path, metadata, peer: { address: "" }, signal: AbortSignal.abort() };
    return decode(response, await method.call(encode(asks, request), caller)) as Messages[(typeof calls)[Name]["response"]];
  }
  for (const name of ["root", "writer"]) await call("UserAdd", { name, password: name });
  for (const name of ["root", "writer"]) {
    await call("RoleAdd", { name });
    await call("UserGrantRole", { user: name, role: name });
  }
  await call("RoleGrantPermission", { name: "writer", perm: { permType: 1, key: "k" } });
  await call("AuthEnable", {});
  const { token: root } = await call("Authenticate", { name: "root", password: "root" });
  const { token: writer } = await call("Authenticate", { name: "writer", password: "writer" });

  await call("Put", { key: "k", value: Buffer.from("1") }, writer);
  // Both in one turn: the right is there when it is looked at, and gone when the entry is applied.
  const revoked = call("RoleRevokePermission", { role: "writer", key: "k" }, root);
  const late = call("Put", { key: "k", value: Buffer.from("2") }, writer);
  await rejects(late, (error: GrpcError) => error.message === "etcdserver: revision of auth store is old");
  await revoked;
  await rejects(call("Put", { key: "k" }, writer), (error: GrpcError) => error.code === "PERMISSION_DENIED");
  strictEqual(store.state.newest("k")?.version, 1);
  await store.close();
});

test("a guarded command comes back from the log as it was", () => {
  const command = { type: "guarded", authRevision: 300, command: { type: "etcdPut", request: Buffer.from("0a016b", "hex") } } as const;
  deepStrictEqual(decodeCommand(encodeCommand(command)), command);
});
