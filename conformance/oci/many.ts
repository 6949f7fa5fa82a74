// Many containers under a real containerd: `sh bin/node conformance/oci/many.ts --runtime bin/dhow-runtime --parallel 100 --row 1000`, as root.
// Invariant: every container tells its own number as its exit code; afterwards the machine is as it was: processes, mounts, groups, shims, folders, interfaces.
// Called by: hand; e2e/runtime.e2e.ts plays the same in small. Next on the way: e2e/support/containerd.ts.

import assert from "node:assert/strict";
import { OwnContainerd } from "../../e2e/support/containerd.ts";
import { count, runtimesOf, settings } from "./flags.ts";

const command = {
  name: "many.ts",
  flags: {
    runtime: { type: "string", default: "bin/dhow-runtime", value: "NAME", says: "by name or path" },
    parallel: { type: "string", default: "100", value: "N", says: "containers at once" },
    row: { type: "string", default: "1000", value: "N", says: "containers one after the other" },
  },
} as const;
const { runtime, parallel, row } = settings(command, (values) => ({
  runtime: runtimesOf([values.runtime])[0]!,
  parallel: count("parallel", values.parallel, 0),
  row: count("row", values.row, 0),
}));
const containerd = new OwnContainerd("many", runtime.path);
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (interrupted = true));

/** One container from nothing to nothing; what went wrong, in words. */
async function one(index: number): Promise<string | undefined> {
  const want = index % 120;
  const script = `echo ${index}; exit ${want}`;
  const { code, stdout, stderr } = await containerd.ctr(...containerd.runArgs(`c-${index}`, ["--rm"], ["sh", "-c", script]));
  return code === want && stdout === `${index}\n` ? undefined : `c-${index}: exit ${code}, ${JSON.stringify(stdout + stderr)}`;
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const failures: string[] = [];

async function atOnce(): Promise<void> {
  const began = performance.now();
  const found = await Promise.all(Array.from({ length: parallel }, (_none, index) => one(index)));
  failures.push(...found.filter((text) => text !== undefined));
  console.log(`${parallel} at once: ${parallel - failures.length} as they should, ${seconds(began)}`);
}

/** All live at the same moment, then all are killed. */
async function together(): Promise<void> {
  const began = performance.now();
  const ids = Array.from({ length: parallel }, (_none, index) => `t-${index}`);
  await Promise.all(ids.map((id) => containerd.mustCtr(...containerd.runArgs(id, ["--detach"], ["sleep", "100000"]))));
  const running = (await containerd.mustCtr("task", "ls")).split("\n").filter((line) => /RUNNING/u.test(line)).length;
  if (running !== parallel) failures.push(`${running} of ${parallel} run at the same moment`);
  await Promise.all(ids.map((id) => containerd.ctr("task", "rm", "--force", id)));
  await Promise.all(ids.map((id) => containerd.mustCtr("container", "rm", id)));
  console.log(`${running} alive together, killed and deleted, ${seconds(began)}`);
}

async function inARow(): Promise<void> {
  const began = performance.now();
  let good = 0;
  for (let index = 0; index < row && !interrupted; index++) {
    const failure = await one(index);
    if (failure === undefined) good++;
    else failures.push(failure);
    if ((index + 1) % 100 === 0) console.log(`  ${index + 1} in a row, ${seconds(began)}`);
  }
  console.log(`${row} in a row: ${good} as they should, ${seconds(began)}`);
}

try {
  await containerd.start();
  // The first container makes what stays as long as this containerd does.
  assert.equal(await one(0), undefined);
  const before = await containerd.look();
  if (parallel > 0) await atOnce();
  if (parallel > 0 && !interrupted) await together();
  if (row > 0 && !interrupted) await inARow();
  for (const failure of failures.slice(0, 20)) console.log(`✖ ${failure}`);
  assert.deepEqual(await containerd.look(), before, "the machine is as it was");
  assert.deepEqual(before.own, []);
  console.log(`${runtime.name}: nothing is left: processes, mounts, control groups, shims, state folders, interfaces, namespaces`);
} finally {
  await containerd.stop();
}
process.exitCode = failures.length === 0 && !interrupted ? 0 : 1;
