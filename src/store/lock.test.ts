// The lock of a folder: held by the living, taken over from the dead, also from those whose parent has not noticed yet.
// Invariant shown: a process that has ended holds nothing, whatever still bears its number.
// Called by: npm test. Next on the way: lock.ts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { FolderInUse, lockFolder, lockName } from "./lock.ts";

const home = mkdtempSync(join(tmpdir(), "dhow-lock-"));
after(() => rmSync(home, { recursive: true, force: true }));
const owned = (name: string, owner: object): string => {
  const folder = mkdtempSync(join(home, name));
  writeFileSync(join(folder, lockName), JSON.stringify(owner));
  return folder;
};

test("one opener; whoever gives it back leaves nothing", () => {
  const folder = join(home, "one");
  const release = lockFolder(folder);
  assert.throws(() => lockFolder(folder), FolderInUse);
  release();
  lockFolder(folder)();
  assert.deepEqual(readdirSync(folder), []);
});

test("a lock without a living owner is taken over: unreadable, or of a number that another process has by now", () => {
  for (const owner of [{}, { pid: process.pid, started: "1" }]) lockFolder(owned("dead", owner))();
});

test("a process that has ended holds nothing, also while its parent has not noticed", {
  skip: !existsSync("/proc/self/stat"),
}, async () => {
  // The shell becomes a program that never asks for its child.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => parent.once("close", resolve));
  try {
    const pid = Number(await new Promise<string>((resolve) => parent.stdout.once("data", (line: Buffer) => resolve(line.toString()))));
    const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
    while (fields()[0] !== "Z") await wait(20);
    const folder = owned("zombie", { pid, started: fields()[19] });
    lockFolder(folder)();
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    parent.kill("SIGKILL");
    await ended;
  }
});
