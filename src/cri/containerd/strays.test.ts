// Which shims are strays: a table of processes, a folder of containers, containerd's book.
// Invariant shown: a shim that any container in the book still names is left alone, also when its own first container is gone.
// Called by: npm test.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ManualClock } from "#lib";
import { containerdPaths } from "./config.ts";
import { endStrays, type StrayKernel, shimsAtWork, strayShims } from "./strays.ts";

const directory = mkdtempSync(join(tmpdir(), "dhow-strays-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const { socket, tasks } = containerdPaths(directory);
const id = (letter: string): string => letter.repeat(64);
const shim = (letter: string, ...last: string[]): string[] => [
  "/usr/bin/containerd-shim-runc-v2",
  "-id",
  id(letter),
  "-address",
  socket,
  ...last,
];
const listens = (letter: string): string => `/run/containerd/s/${letter}`;

interface Row {
  readonly argv: readonly string[];
  readonly parent?: number;
  readonly sockets?: readonly string[];
  readonly cgroups?: readonly string[];
}

const table: Readonly<Record<number, Row>> = {
  10: { argv: shim("a"), sockets: [listens("a")] },
  11: { argv: ["/pause"], parent: 10, cgroups: ["/dhow-x/pod1/a"] },
  // Its sandbox is gone, a container of the same pod is not.
  20: { argv: shim("b"), sockets: [listens("b")] },
  30: { argv: shim("c"), sockets: [listens("c")] },
  31: { argv: ["sh"], parent: 30, cgroups: ["/dhow-x/pod3/c", "/elsewhere"] },
  32: { argv: ["sleep"], parent: 31, cgroups: ["/dhow-x/pod3/c"] },
  40: { argv: shim("d", "delete"), sockets: [] },
  50: { argv: shim("e"), sockets: [] },
};

function kernelOf(removed: string[] = []): StrayKernel {
  return {
    processIds: () => Object.keys(table).map(Number),
    commandLine: (pid) => table[pid]?.argv ?? [],
    processStartTime: () => "1",
    parentProcess: (pid) => table[pid]?.parent,
    unixSockets: (pid) => table[pid]?.sockets ?? [],
    processCgroups: (pid) => table[pid]?.cgroups ?? [],
    cgroupProcesses: (path) =>
      Object.entries(table)
        .filter(([, row]) => row.cgroups?.includes(path))
        .map(([pid]) => Number(pid)),
    removeEmptyCgroup: (path) => void removed.push(path),
  };
}

function container(letter: string, address?: string): void {
  mkdirSync(join(tasks, id(letter)), { recursive: true });
  if (address !== undefined) writeFileSync(join(tasks, id(letter), "address"), `unix://${address}`);
}

const strays = (...book: readonly string[]): readonly number[] =>
  strayShims(directory, kernelOf(), shimsAtWork(directory, kernelOf()), new Set(book.map(id))).map(({ pid }) => pid);

test("short calls of containerd's own are no shims at work", () => {
  assert.deepEqual(
    [...shimsAtWork(directory, kernelOf())].map(([{ pid }]) => pid),
    [10, 20, 30, 50],
  );
});

test("a shim whose container is in the book and has a folder is none", () => {
  for (const letter of ["a", "b", "c"]) container(letter, listens(letter));
  assert.deepEqual(strays("a", "b", "c"), []);
});

test("a folder alone saves nobody: containerd was killed after it had started the shim, and has struck the container out since", () => {
  assert.deepEqual(strays("a", "b"), [30]);
});

test("nor does the book alone: containerd gave the shim up and took its folder, and says that the container has ended", () => {
  rmSync(join(tasks, id("c")), { recursive: true });
  assert.deepEqual(strays("a", "b", "c"), [30]);
});

test("a shim that another container is reached through is none; a stray ends with what it started", async () => {
  container("f", listens("b"));
  rmSync(join(tasks, id("b")), { recursive: true });
  const [killed, removed, clock] = [[] as number[], [] as string[], new ManualClock()];
  const ending = endStrays({
    directory,
    cgroup: "/dhow-x",
    kernel: kernelOf(removed),
    clock,
    containers: async () => new Set([id("a"), id("f")]),
    kill: (pid) => void killed.push(pid),
  });
  await new Promise(setImmediate);
  clock.advance(200);
  assert.deepEqual(await ending, ["container process 31", "container process 32", "shim 30"]);
  assert.deepEqual(killed, [31, 32, 30]);
  assert.deepEqual(removed, ["/dhow-x/pod3/c", "/dhow-x/pod3"]);
});

test("nor is one that is reached through what containerd 2 writes down", () => {
  mkdirSync(join(tasks, id("h")), { recursive: true });
  writeFileSync(
    join(tasks, id("h"), "bootstrap.json"),
    JSON.stringify({ version: 3, address: `unix://${listens("c")}`, protocol: "ttrpc" }),
  );
  assert.deepEqual(strays("a", "b", "f", "h"), []);
  rmSync(join(tasks, id("h")), { recursive: true });
});

test("a shim that listens nowhere yet is left alone", () => {
  container("c", listens("c"));
  assert.deepEqual(strays("a", "c", "f"), []);
});
