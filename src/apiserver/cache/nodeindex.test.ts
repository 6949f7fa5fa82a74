// A node's agent that begins to watch is given its own pods, however they came there, and nobody else's.
// Invariant: the story of a few pods that are bound, moved by a restore, finished and deleted.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, findResource, type Pod } from "#api";
import { ManualClock } from "#lib";
import { type KeyValue, revision } from "#store";
import { entryShape } from "./entry.ts";
import { defaultCacheLimits, ResourceCache } from "./resource.ts";

const pods = findResource("", "v1", "pods")!;

function kv(name: string, at: number, nodeName?: string): KeyValue {
  const spec = { containers: [], ...(nodeName === undefined ? {} : { nodeName }) };
  const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "d", uid: `uid-${name}` }, spec };
  const [createRevision, modRevision] = [revision(1), revision(at)];
  return { key: `/registry/pods/d/${name}`, value: encodeJson(pod, pods.type), createRevision, modRevision, version: 1 };
}

test("a watch of one node begins with that node's pods", () => {
  const cache = new ResourceCache({
    shape: entryShape(pods),
    prefix: "/registry/pods/",
    clock: new ManualClock(),
    limits: defaultCacheLimits,
    floor: revision(1),
    onPoison: () => undefined,
  });
  const on = (nodeName: string): string[] => [...cache.watchFromNow({ nodeName }).state.values()].map((entry) => entry.name);
  cache.load(kv("b", 2, "n1"));
  cache.load(kv("a", 3));
  assert.deepEqual([on("n1"), on("n2")], [["b"], []]);
  cache.put(kv("a", 4, "n1"), undefined, undefined);
  cache.put(kv("c", 5, "n2"), undefined, undefined);
  assert.deepEqual([on("n1"), on("n2")], [["a", "b"], ["c"]]);
  cache.put(kv("b", 6, "n2"), undefined, undefined);
  assert.deepEqual([on("n1"), on("n2")], [["a"], ["b", "c"]]);
  cache.delete("/registry/pods/d/c", revision(7), undefined);
  cache.put({ ...kv("b", 8), value: Buffer.from("nonsense") }, undefined, undefined);
  assert.deepEqual(on("n2"), []);
  assert.deepEqual(
    [...cache.watchFromNow({}).state.values()].map((entry) => entry.name),
    ["a"],
  );
});
