// Unread input of an ended process: found by the two ids, taken to its end, and only it.
// Invariant shown: a writer that waits for room in the pipe goes on once the pipe is taken.
// Called by: npm test.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "#lib";
import { containerdPaths } from "./config.ts";
import { discardInput, execInput } from "./input.ts";

const directory = mkdtempSync(join(tmpdir(), "dhow-input-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const [containerId, execId] = ["a".repeat(64), "b".repeat(64)];
const folder = join(containerdPaths(directory).volatile, containerId, "io/123");
const clock = systemClock();

test("no pipe, nothing to take; names that are no ids lead nowhere", async () => {
  assert.equal(execInput(directory, containerId, execId), undefined);
  assert.equal(execInput(directory, "../..", execId), undefined);
  assert.equal(await discardInput({ directory, containerId, execId, clock }), 0);
});

test("a writer behind a full pipe ends when the pipe is taken", { timeout: 30_000 }, async () => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${execId}-stdin`);
  execFileSync("mkfifo", [path]);
  const writer = spawn("sh", ["-c", 'exec head -c 1000000 /dev/zero 1<>"$0"', path], { stdio: "ignore" });
  const ended = new Promise((resolve) => writer.once("close", resolve));
  assert.equal(execInput(directory, containerId, execId), path);
  assert.equal(await discardInput({ directory, containerId, execId, clock }), 1_000_000);
  assert.equal(await ended, 0);
});
