// What a runtime's verbose info tells of its sandboxes, from texts as runtimes write them.
// Invariant shown: what is no JSON, or not there, is undefined and never an error.
// Called by: npm test. Next on the way: describe.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sandboxSettings } from "./describe.ts";

const nothing = { image: undefined, snapshotter: undefined };
const cases: { name: string; info: Record<string, string> | undefined; want: object }[] = [
  {
    name: "containerd",
    info: { config: '{"containerd":{"snapshotter":"native"},"sandboxImage":"registry.example/pause:3.6"}' },
    want: { image: "registry.example/pause:3.6", snapshotter: "native" },
  },
  { name: "a runtime without such a field", info: { config: '{"sandboxImage":7}' }, want: nothing },
  { name: "no JSON", info: { config: "{" }, want: nothing },
  { name: "nothing", info: undefined, want: nothing },
];
for (const { name, info, want } of cases) test(`sandbox settings: ${name}`, () => assert.deepEqual(sandboxSettings(info), want));
