// What a cluster leaves behind on a runtime of somebody else: sandboxes whose agent was dead, mounts, cgroups. Cleared away after the last part.
// Invariant: only sandboxes with our label, mounts below our folder and the cgroup of our name; the runtime itself is not ours.
// Called by: cluster.ts, for a runtime given by --cri. Next on the way: shared-runtime.ts, cri/containerd/shutdown.ts.

import { connectCri, removeCgroupWhenEmpty, stopSandboxes } from "#cri";
import { type Clock, noSpans, systemPrng } from "#lib";
import { removeCgroup, unmountBelow } from "#linux";
import { nodePlace } from "./node-place.ts";
import { sharedRuntime } from "./shared-runtime.ts";
import type { StatePaths } from "./state/paths.ts";

/** Returns what was removed, in words; a runtime that does not answer has our sandboxes no longer, or keeps them and is named. */
export async function clearForeign(paths: StatePaths, socket: string, clock: Clock): Promise<readonly string[]> {
  const removed: string[] = [];
  const runtime = await connectCri(socket, { clock, prng: systemPrng(), spans: noSpans });
  try {
    const cri = sharedRuntime(runtime, paths.name);
    const sandboxes = await cri.listPodSandbox();
    const failures = sandboxes.length > 0 ? await stopSandboxes(cri, { graceSeconds: 2 }) : [];
    if (sandboxes.length > 0) removed.push(`${sandboxes.length} sandboxes on ${socket}`);
    removed.push(...failures.map((error) => `(not removed: ${error.message})`));
  } catch (error) {
    removed.push(`(not looked for sandboxes: ${error instanceof Error ? error.message : String(error)})`);
  } finally {
    runtime.close();
  }
  for (const target of await unmountBelow(paths.nodes)) removed.push(`mount ${target}`);
  const { cgroup } = nodePlace(paths, 1);
  const groups = await removeCgroupWhenEmpty({ cgroup, clock, kernel: { removeCgroup } });
  if (groups.removed.length > 0) removed.push(`${groups.removed.length} cgroup folders of ${cgroup}`);
  return [...removed, ...groups.busy.map((folder) => `(not removed, still in use: ${folder})`)];
}
