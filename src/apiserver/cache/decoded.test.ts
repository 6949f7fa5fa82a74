// Decoded objects that are kept for the next reader: which revision, how many, and that nobody can change them.
// Invariant: no row depends on another.
// Called by: npm test. Next on the way: decoded.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiObject } from "#api";
import { revision } from "#store";
import { DecodedObjects } from "./decoded.ts";

function decoder() {
  const asked: string[] = [];
  const decode = (name: string) => (): ApiObject => {
    asked.push(name);
    return { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { a: "b" } } };
  };
  return { asked, decode };
}

test("a revision is decoded once; the next one anew", () => {
  const { asked, decode } = decoder();
  const objects = new DecodedObjects();
  const first = objects.get("/a", revision(5), 10, decode("a5"));
  assert.equal(objects.get("/a", revision(5), 10, decode("again")), first);
  assert.equal(objects.get("/a", revision(6), 20, decode("a6")).metadata.name, "a6");
  assert.equal(objects.bytes, 20);
  assert.deepEqual(asked, ["a5", "a6"]);
});

test("who lags behind gets what he asks for, and the newest stays", () => {
  const { asked, decode } = decoder();
  const objects = new DecodedObjects();
  objects.get("/a", revision(6), 10, decode("a6"));
  assert.equal(objects.get("/a", revision(5), 10, decode("a5")).metadata.name, "a5");
  assert.equal(objects.get("/a", revision(6), 10, decode("again")).metadata.name, "a6");
  assert.deepEqual(asked, ["a6", "a5"]);
});

test("what is kept is bounded; the longest unused goes first", () => {
  const { asked, decode } = decoder();
  const objects = new DecodedObjects(25);
  for (const name of ["a", "b"]) objects.get(`/${name}`, revision(1), 10, decode(name));
  objects.get("/a", revision(1), 10, decode("again"));
  objects.get("/c", revision(1), 10, decode("c"));
  assert.equal(objects.bytes, 20);
  objects.get("/a", revision(1), 10, decode("again"));
  objects.get("/b", revision(1), 10, decode("b anew"));
  assert.deepEqual(asked, ["a", "b", "c", "b anew"]);
  objects.get("/large", revision(1), 100, decode("large"));
  assert.equal(objects.bytes, 0);
});

test("forgotten is forgotten; what does not decode is not kept", () => {
  const { asked, decode } = decoder();
  const objects = new DecodedObjects();
  objects.get("/a", revision(1), 10, decode("a"));
  objects.forget("/a");
  objects.forget("/never");
  assert.equal(objects.bytes, 0);
  assert.throws(() =>
    objects.get("/a", revision(1), 10, () => {
      throw new Error("poison");
    }),
  );
  objects.get("/a", revision(1), 10, decode("anew"));
  assert.deepEqual(asked, ["a", "anew"]);
});

test("nobody can change what others read", () => {
  const objects = new DecodedObjects();
  const object = objects.get("/a", revision(1), 10, decoder().decode("a"));
  assert.throws(() => (object.metadata.labels!["a"] = "c"), TypeError);
  assert.throws(() => (object.kind = "Node"), TypeError);
});
