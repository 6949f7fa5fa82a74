// Mount options, sorted into what the kernel takes where.
// Invariant shown: the last word counts, recursive words stay apart, unknown words are the file system's, names of Object's own are nothing special.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mountAttributes } from "#linux";
import { mountOptionNames, planMount } from "./mount-options.ts";

const { readonly: ro, nosuid, nodev, noexec, strictatime, noatime, atimeMask } = mountAttributes;

test("attributes, data and propagation of one mount", () => {
  const plan = planMount(["nosuid", "strictatime", "mode=755", "size=65536k", "rslave", "sync"], "tmpfs");
  assert.equal(plan.set, nosuid | strictatime);
  assert.deepEqual(plan.data, ["mode=755", "size=65536k"]);
  assert.deepEqual(plan.propagation, [{ type: "slave", recursive: true }]);
  assert.deepEqual(plan.superFlags, ["sync"]);
  assert.equal(plan.bind, false);
});

const cases: readonly { name: string; options: readonly string[]; set: number; clear: number }[] = [
  { name: "a later word overrides", options: ["ro", "nodev", "rw"], set: nodev, clear: ro },
  { name: "and back", options: ["rw", "ro"], set: ro, clear: 0 },
  { name: "ways to note access times exclude each other", options: ["noatime", "strictatime"], set: strictatime, clear: atimeMask },
  { name: "the usual access times clear the others", options: ["noatime", "relatime"], set: 0, clear: atimeMask },
  { name: "words without effect", options: ["defaults", "acl", "noexec"], set: noexec, clear: 0 },
];
for (const { name, options, set, clear } of cases)
  test(`attributes: ${name}`, () => {
    const plan = planMount(options);
    assert.deepEqual([plan.set, plan.clear], [set, clear]);
    assert.deepEqual(plan.data, []);
  });

test("binds: by type, by word, and for all below", () => {
  assert.equal(planMount([], "bind").bind, true);
  assert.deepEqual([planMount(["rbind"]).bind, planMount(["rbind"]).recursive], [true, true]);
  const below = planMount(["bind", "rro", "rnoatime"]);
  assert.deepEqual([below.set, below.recursiveSet], [0, ro | noatime]);
});

test("words that are an object's own are data like any other", () => {
  assert.deepEqual(planMount(["constructor", "rtoString", "__proto__"]).data, ["constructor", "rtoString", "__proto__"]);
});

test("every option that features names is known", () => {
  assert.deepEqual(planMount(mountOptionNames).data, []);
});
