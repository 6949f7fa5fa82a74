// What `up --store` is told and what it says to it, without asking any store.
// Invariant: every problem is named by its flag; a cluster keeps the store that it began with.
// Called by: the test runner. e2e/remote-members.e2e.ts has a store to ask. Next on the way: foreign-store.ts.

import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "node:test";
import { chooseStore, type ForeignStoreOptions, storeProblems, storeWords } from "./foreign-store.ts";

const own = { nodes: 1, simulatedNodes: 0, runtime: "simulated", without: [] } as const;
const store = ["http://127.0.0.1:2379"];
const before = { ...own, store: { servers: store, prefix: "/one" } };

const table: readonly (readonly [ForeignStoreOptions, typeof own | typeof before | undefined, boolean, readonly string[]])[] = [
  [{}, undefined, false, []],
  [{ store }, undefined, false, []],
  [{ store, storePrefix: "/a/b", storeCertfile: "c", storeKeyfile: "k" }, undefined, false, []],
  [
    { storePrefix: "/one", storeKeyfile: "k" },
    undefined,
    false,
    ["--store-prefix belongs to --store", "--store-keyfile belongs to --store"],
  ],
  [{ store: ["127.0.0.1:2379"] }, undefined, false, ['--store: "127.0.0.1:2379" is no address like http://127.0.0.1:2379']],
  [{ store: ["http://a:1/v3"] }, undefined, false, ['--store: "http://a:1/v3" is no address like http://127.0.0.1:2379']],
  [{ store, storePrefix: "one/" }, undefined, false, ['--store-prefix: the prefix "one/" is no path like /registry']],
  [{ store, storeCertfile: "c" }, undefined, false, ["--store-certfile and --store-keyfile belong together"]],
  [{ store }, undefined, true, ["--store: a store elsewhere lives in the machine's time; it does not go with --clock virtual"]],
  [{ store }, own, false, ["--store: this cluster began with a store of its own; another --name, or `dhow down --purge`"]],
  [{ store: [...store, "http://127.0.0.1:3379"] }, before, false, []],
  [{ store, storePrefix: "/two" }, before, false, ["--store-prefix: this cluster's keys begin with /one"]],
];

for (const [options, previous, virtual, problems] of table)
  test(`up ${JSON.stringify(options)}${previous ? ` after ${JSON.stringify(previous)}` : ""}: ${problems.length} problems`, () => {
    deepStrictEqual(storeProblems(options, previous, virtual), problems);
  });

test("the next `up` finds the store of the last, with more members if it is told of them", () => {
  deepStrictEqual(chooseStore({}, before), { store: before.store });
  deepStrictEqual(chooseStore({}, own), {});
  deepStrictEqual(chooseStore({ store: ["http://b:1"] }, before), { store: { servers: ["http://b:1"], prefix: "/one" } });
});

test("`down` says where the data is", () => {
  strictEqual(storeWords(own), undefined);
  strictEqual(storeWords(before), "the cluster's data stays in the store at http://127.0.0.1:2379, below /one/");
});
