// The instance's files, how its processes are told from others, and waiting that is woken by the folder.
// Invariant: nothing is started; processes are a table.
// Called by: npm test.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ManualClock, systemClock } from "#lib";
import { findContainerd, findShims, type Kernel, prepareContainerd } from "./instance.ts";
import { answered, pathExists } from "./ready.ts";

const temporary = (): string => mkdtempSync(join(tmpdir(), "dhow-containerd-"));

test("every path of the instance lies in its folder; preparing twice changes nothing", () => {
  const directory = temporary();
  try {
    const options = {
      directory,
      snapshotter: "native" as const,
      restrictOomScoreAdj: true,
      cniBinDirectory: "/cni",
      sandboxImage: "dhow.local/pause:1",
      cni: { file: "10-x.conflist", conflist: { name: "x" } },
    };
    const prepared = prepareContainerd(options);
    const config = readFileSync(prepared.paths.config, "utf8");
    for (const line of [`root = "${directory}/root"`, 'sandbox_image = "dhow.local/pause:1"', "restrict_oom_score_adj = true"]) {
      assert.ok(config.includes(line), line);
    }
    assert.deepEqual(prepareContainerd(options), prepared);
    assert.equal(readFileSync(prepared.paths.config, "utf8"), config);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a process is ours only by the config or socket on its command line", () => {
  const table = new Map<number, string[]>([
    [1, ["containerd", "--config", "/x/config.toml"]],
    [2, ["containerd", "--config", "/y/config.toml"]],
    [3, ["/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-address", "/x/state/containerd.sock"]],
    [4, ["/usr/bin/containerd-shim-runc-v2", "-address", "/y/state/containerd.sock"]],
    [5, ["vi", "/x/config.toml"]],
  ]);
  const kernel: Kernel = {
    processIds: () => [...table.keys()],
    commandLine: (pid) => table.get(pid) ?? [],
    processStartTime: () => "7",
    unmountBelow: () => Promise.resolve([]),
    cgroupProcesses: () => [],
    removeCgroup: () => ({ removed: [], busy: [] }),
  };
  assert.deepEqual(findContainerd("/x", kernel), { pid: 1, startTime: "7" });
  assert.deepEqual(
    findShims("/x", kernel).map((one) => one.pid),
    [3],
  );
});

test("waiting for a path is woken by its folder", async () => {
  const directory = temporary();
  try {
    const waiting = pathExists(join(directory, "sock"), { clock: systemClock(), timeoutMs: 5000 });
    writeFileSync(join(directory, "sock"), "");
    await waiting;
    const clock = new ManualClock();
    const late = pathExists(join(directory, "other"), { clock, timeoutMs: 50 });
    clock.advance(50);
    await assert.rejects(late, /other did not appear within 50 ms/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("an answer that does not come is named with its last failure", async () => {
  const clock = new ManualClock();
  const ask = (): Promise<string> => Promise.reject(new Error("refused"));
  const asking = answered("the runtime did not answer", ask, { clock, timeoutMs: 25 });
  const refused = assert.rejects(asking, /the runtime did not answer within 25 ms: refused/);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20);
  }
  await refused;
});
