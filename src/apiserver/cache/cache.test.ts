// Tests of the cache's small parts: where resourceVersion goes in, who hears of what, what happens to the slow.
// Invariant: tables and one-line stories.
// Called by: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { revision } from "#store";
import { eventType } from "./event.ts";
import { canonicalHead, objectEnd, resourceVersionText, spliceOffset } from "./splice.ts";
import { type WatchItem, Watcher } from "./watcher.ts";
import { Watchers } from "./watchers.ts";

const head = canonicalHead("v1", "Pod");
const start = '{"kind":"Pod","apiVersion":"v1","metadata":';

for (const [bytes, want] of [
  [`${start}{"name":"a","uid":"u"}}`, `${start}{"name":"a","uid":"u","resourceVersion":"7"}}`],
  [
    `${start}{"name":"a","uid":"u","generation":1},"spec":{}}`,
    `${start}{"name":"a","uid":"u","resourceVersion":"7","generation":1},"spec":{}}`,
  ],
  [`${start}{"name":"\\"}","labels":{"uid":"x"}}}`, `${start}{"name":"\\"}","resourceVersion":"7","labels":{"uid":"x"}}}`],
  [`${start}{}}`, `${start}{"resourceVersion":"7"}}`],
  [`${start}{"labels":{}}}`, `${start}{"resourceVersion":"7","labels":{}}}`],
] as const) {
  test(`resourceVersion goes into ${bytes.slice(start.length)}`, () => {
    const buffer = Buffer.from(bytes);
    const offset = spliceOffset(buffer, head);
    assert.equal(bytes.slice(0, offset) + resourceVersionText(buffer, offset, 7) + bytes.slice(offset), want);
  });
}

for (const bytes of [`{"apiVersion":"v1","kind":"Pod","metadata":{}}`, `${start}{"name":"a","resourceVersion":"1"}}`, "{", "k8s\0…"]) {
  test(`${bytes} is not canonical`, () => assert.equal(spliceOffset(Buffer.from(bytes), head), -1));
}

test("objectEnd() is not misled by braces in text", () => {
  const bytes = Buffer.from('{"a":"}\\"{","b":{"c":{}}},"d":1');
  assert.equal(bytes.toString("utf8", 0, objectEnd(bytes, 0)), '{"a":"}\\"{","b":{"c":{}}}');
});

for (const [before, now, want] of [
  [false, true, "ADDED"],
  [true, true, "MODIFIED"],
  [true, false, "DELETED"],
  [false, false, undefined],
] as const) {
  test(`matched before: ${before}, matches now: ${now}`, () => assert.equal(eventType(before, now), want));
}

test("an event is offered only to those whom it may concern", () => {
  const watchers = new Watchers(true);
  const add = (scope: object): Watcher => {
    const watcher = new Watcher(scope, { watcherItems: 1, watcherBytes: 1000 }, (gone) => watchers.delete(gone));
    watchers.add(watcher);
    return watcher;
  };
  const all = add({});
  const one = add({ namespace: "n", name: "a" });
  const node = add({ nodeName: "k" });
  add({ namespace: "other" });
  add({ namespace: "n", name: "b" });
  assert.deepEqual(new Set(watchers.concerned("n", "a", new Set(["k"]))), new Set([all, one, node]));
  assert.deepEqual(new Set(watchers.concerned("n", "c", new Set())), new Set([all]));
  one.end();
  assert.equal(watchers.count, 4);
});

test("who cannot keep up is let go with what was queued, and nothing is skipped", async () => {
  let gone = 0;
  const watcher = new Watcher({}, { watcherItems: 2, watcherBytes: 1000 }, () => gone++);
  const item = (at: number) => ({ type: "bookmark", revision: revision(at) }) as const;
  assert.deepEqual(
    [1, 2, 3, 4].map((at) => watcher.push(item(at))),
    [true, true, false, false],
  );
  assert.equal(gone, 1);
  assert.deepEqual(await watcher.take(), [item(1), item(2)]);
  assert.deepEqual(await watcher.take(), []);
});

test("what waits for a slow watcher is bounded in bytes too; a single large event always fits", async () => {
  const watcher = new Watcher({}, { watcherItems: 100, watcherBytes: 1000 }, () => undefined);
  const item = (bytes: number): WatchItem => ({
    type: "event",
    event: {
      revision: revision(1),
      key: "k",
      entry: undefined,
      previous: undefined,
      cause: undefined,
      encodings: new Map(),
      atMs: 0,
      bytes,
    },
  });
  assert.deepEqual([watcher.push(item(5000)), (await watcher.take()).length], [true, 1]);
  assert.deepEqual(
    [600, 400, 1].map((bytes) => watcher.push(item(bytes))),
    [true, true, false],
  );
  assert.equal((await watcher.take()).length, 2);
});
