// What ends a simulated container or command before its time: memory, and a probe's patience.
// Invariant: time is the test's.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, noSpans, seededPrng } from "#lib";
import type { Cri } from "../contract.ts";
import type { PodSandboxConfig } from "../messages.ts";
import { simulatedCri } from "./runtime.ts";

const sandbox: PodSandboxConfig = {
  metadata: { name: "p", uid: "u", namespace: "n", attempt: 0 },
  logDirectory: "/logs/p",
  labels: {},
  annotations: {},
};
const named = { metadata: { name: "c", attempt: 0 }, image: { image: "i" }, args: [], envs: [], mounts: [], labels: {}, annotations: {} };

function world(): { clock: ManualClock; cri: Cri } {
  const clock = new ManualClock();
  return { clock, cri: simulatedCri({ clock, prng: seededPrng(1), spans: noSpans, addressPrefix: "10.244.3" }) };
}

async function started(cri: Cri, command: readonly string[], memoryLimitInBytes?: number): Promise<string> {
  const sandboxId = await cri.runPodSandbox(sandbox);
  const linux = memoryLimitInBytes === undefined ? {} : { linux: { resources: { memoryLimitInBytes } } };
  const id = await cri.createContainer(sandboxId, { ...named, command, logPath: "c/0.log", ...linux }, sandbox);
  await cri.startContainer(id);
  return id;
}

const endOf = async (cri: Cri, id: string): Promise<string> => {
  const status = await cri.containerStatus(id);
  return `${status?.state} ${status?.exitCode} ${status?.reason}`;
};

test("whoever eats memory is killed at the limit, and runs on where there is none", async () => {
  const { clock, cri } = world();
  const limited = await started(cri, ["sh", "-c", "echo begin; sleep 2; tail /dev/zero"], 256 * 1024 ** 2);
  const free = await started(cri, ["tail", "/dev/zero"]);
  const reader = await started(cri, ["tail", "-f", "/log"], 1024);
  clock.advance(2249);
  assert.equal(await endOf(cri, limited), "CONTAINER_RUNNING 0 ");
  clock.advance(1);
  assert.equal(await endOf(cri, limited), "CONTAINER_EXITED 137 OOMKilled");
  clock.advance(3_600_000);
  for (const id of [free, reader]) assert.equal(await endOf(cri, id), "CONTAINER_RUNNING 0 ");
});

test("a command in a container takes its time, and no more than it is given", async () => {
  const { clock, cri } = world();
  const id = await started(cri, ["sleep", "3600"]);
  const quick = await cri.execSync(id, ["sh", "-c", "echo well; exit 1"], 1);
  assert.deepEqual([quick.stdout.toString(), quick.exitCode], ["well\n", 1]);
  const slow = cri.execSync(id, ["sleep", "2"], 3);
  clock.advance(2000);
  assert.equal((await slow).exitCode, 0);
  const late = cri.execSync(id, ["sleep", "2"], 1);
  clock.advance(1000);
  await assert.rejects(late, /DEADLINE_EXCEEDED: failed to exec in container: timeout 1s exceeded/);
  const endless = await cri.execSync(id, ["server"], 1);
  assert.equal(endless.exitCode, 0);
});
