// The watches of mounted objects: one per object, shared by pods, gone with the last of them.
// Invariant: an API server in memory, manual time; nothing waits.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "#api";
import { type AnyObject, createClient, createFakeApi, type Live } from "#client";
import { ManualClock, seededPrng, silentLog } from "#lib";
import { ObjectWatches } from "./objects.ts";

async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a pod hears of a changed object, of one that comes, and of one that goes; after its end of none", async () => {
  const clock = new ManualClock();
  const api = createFakeApi(clock, seededPrng(1));
  const changed: string[] = [];
  const watches = new ObjectWatches({
    client: createClient({ transport: api.transport, clock }),
    clock,
    prng: seededPrng(2),
    log: silentLog(),
    changed: (uid) => changed.push(uid),
  });
  const put = (name: string, value: string): void => {
    api.store.put("configmaps", {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { name, namespace: "d" },
      data: { value },
    } as unknown as Live<AnyObject>);
  };
  const value = async (uid: string, name: string) => (await watches.get<ConfigMap>(uid, "configmaps", "d", name))?.data?.["value"];
  put("m", "1");
  assert.equal(await value("a", "m"), "1");
  assert.equal(await value("b", "m"), "1");
  assert.equal(await value("a", "later"), undefined);
  await settle();
  assert.equal(changed.length, 0, "what was read is what is there");
  put("m", "2");
  await settle();
  assert.deepEqual(
    changed.splice(0).toSorted((a, b) => a.localeCompare(b)),
    ["a", "b"],
  );
  assert.equal(await value("a", "m"), "2");
  put("later", "x");
  await settle();
  assert.deepEqual(
    changed.splice(0).filter((uid) => uid === "a"),
    ["a"],
  );
  watches.release("a");
  watches.release("b");
  put("m", "3");
  put("later", "y");
  await settle();
  assert.deepEqual(changed, []);
  watches.close();
});
