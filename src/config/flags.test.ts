// Flags as a table: what is typed, what it becomes, what is refused and in which words.
// Invariant shown: nothing is ignored: unknown names, missing and mistyped values each have their own sentence.

import assert from "node:assert/strict";
import { test } from "node:test";
import { componentFlags, type FlagTable, flagHelp, parseDurationMs, parseFlags } from "./index.ts";

const table = {
  "bind-address": { type: "string", default: "127.0.0.1", help: "where" },
  "secure-port": { type: "int", default: "6443", help: "port" },
  profiling: { type: "bool", default: "true", help: "on" },
  controllers: { type: "list", default: "*", help: "which" },
  "node-labels": { type: "map", help: "labels" },
  "sync-frequency": { type: "duration", default: "1m", help: "how often" },
} as const satisfies FlagTable;

const accepted = [
  { argv: [], want: { "bind-address": "127.0.0.1", "secure-port": 6443, profiling: true, controllers: ["*"], "sync-frequency": 60_000 } },
  { argv: ["--secure-port=1", "--profiling=false"], want: { "secure-port": 1, profiling: false } },
  { argv: ["--secure-port", "2", "--profiling"], want: { "secure-port": 2, profiling: true } },
  { argv: ["--controllers=a,b", "--controllers=-c"], want: { controllers: ["a", "b", "-c"] } },
  { argv: ["--bind-address="], want: { "bind-address": "" } },
  { argv: ["--sync-frequency=1h1m1.5s"], want: { "sync-frequency": 3_661_500 } },
  {
    argv: ["--node-labels=a=b,constructor=d"],
    want: {
      "node-labels": new Map([
        ["a", "b"],
        ["constructor", "d"],
      ]),
    },
  },
];
for (const { argv, want } of accepted) {
  test(`parseFlags(${argv.join(" ")})`, () => {
    const settings = parseFlags(table, argv) as Record<string, unknown>;
    for (const [name, value] of Object.entries(want)) assert.deepEqual(settings[name], value);
    assert.ok(Object.isFrozen(settings));
  });
}

const refused = [
  { argv: ["--secure-prot=1"], want: "unknown flag: --secure-prot (did you mean --secure-port?)" },
  { argv: ["--etcd-servers=x"], want: "unknown flag: --etcd-servers" },
  { argv: ["--constructor"], want: "unknown flag: --constructor" },
  { argv: ["--secure-port=x"], want: 'invalid argument "x" for "--secure-port": not a int' },
  { argv: ["--secure-port"], want: "flag needs an argument: --secure-port" },
  { argv: ["serve"], want: 'unexpected argument "serve"' },
  { argv: ["--sync-frequency=5"], want: 'invalid argument "5" for "--sync-frequency": not a duration' },
];
for (const { argv, want } of refused) {
  test(`parseFlags(${argv.join(" ")}) is refused`, () => assert.throws(() => parseFlags(table, argv), { message: want }));
}

test("durations are Go's", () => {
  for (const [text, ms] of [
    ["0", 0],
    ["300ms", 300],
    ["2h45m", 9_900_000],
    ["", undefined],
    ["1d", undefined],
    ["-1s", undefined],
  ] as const)
    assert.equal(parseDurationMs(text), ms);
});

test("every component's defaults parse, and its help names every flag", () => {
  for (const flags of Object.values(componentFlags)) {
    parseFlags(flags, []);
    for (const name of Object.keys(flags)) assert.ok(flagHelp(flags).includes(`--${name}`));
  }
});
