// Tables for the parsers of /proc: the odd lines that break naive splitting.
// Invariant: no root, nothing but this process is looked at.
// Called by: npm test.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseMemTotal, parseOsRelease } from "./machine.ts";
import { mountsBelow, parseMountInfo } from "./mounts.ts";
import { isRunning, parseEffectiveCapabilities, processStartTime, statFields } from "./proc.ts";

test("a command name with spaces and brackets does not shift the fields of stat", () => {
  const fields = statFields("42 (a) b (c)) S 1 42 42 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 777 0 0");
  assert.equal(fields[0], "S");
  assert.equal(fields[19], "777");
});

test("a process is running only under its own start time", () => {
  const startTime = processStartTime(process.pid);
  assert.ok(startTime);
  assert.equal(isRunning({ pid: process.pid, startTime }), true);
  assert.equal(isRunning({ pid: process.pid, startTime: "1" }), false);
});

test("a zombie has a pid and a start time, and is not running", { skip: process.platform !== "linux" }, async () => {
  // The shell becomes sleep, which never asks how the shell's child went; the child stays until then.
  const child = "until grep -q sleep /proc/$PPID/comm; do :; done";
  const mother = spawn("sh", ["-c", 'sh -c "$1" & echo $!; exec sleep 60', "sh", child], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = (await once(mother.stdout, "data")) as [Buffer];
    const stat = `/proc/${Number(line.toString())}/stat`;
    while (statFields(readFileSync(stat, "latin1"))[0] !== "Z") await new Promise((resolve) => setImmediate(resolve));
    const startTime = statFields(readFileSync(stat, "latin1"))[19]!;
    assert.equal(isRunning({ pid: Number(line.toString()), startTime }), false);
  } finally {
    mother.kill("SIGKILL");
    await once(mother, "exit");
  }
});

test("mountinfo: optional fields, escapes, inner mounts first", () => {
  const all = parseMountInfo(
    [
      "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw",
      "21 20 0:5 / /s/a\\040b rw - tmpfs tmpfs rw",
      "22 21 0:6 / /s/a\\040b/in rw shared:2 master:3 - overlay overlay rw",
      "23 20 0:7 / /sx rw - proc proc rw",
    ].join("\n"),
  );
  assert.deepEqual(
    mountsBelow("/s", all).map((mount) => mount.target),
    ["/s/a b/in", "/s/a b"],
  );
});

test("facts of the machine", () => {
  assert.equal(parseMemTotal("MemTotal:        2048 kB\nMemFree: 1 kB\n"), 2_097_152);
  assert.equal(parseOsRelease('NAME="X"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'), "Debian GNU/Linux 12 (bookworm)");
  assert.equal(parseEffectiveCapabilities("CapPrm:\t0\nCapEff:\t000001fffeffffff\n"), 0x1fffeffffffn);
});
