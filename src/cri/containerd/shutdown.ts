// Clearing away: every sandbox of the instance stopped and removed, then, when containerd has ended, whatever it left.
// Invariant: afterwards no shim, container process, mount or cgroup of the instance exists; what would not go is named.
// Called by: compose/ on `down`: stopSandboxes, then the supervisor ends containerd, then clearLeftovers. Next: network's cleanup.

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib";
import { delay } from "#lib";
import type { Cri } from "../contract.ts";
import { containerdPaths, shimSocketFolder } from "./config.ts";
import { findShims, type Kernel } from "./instance.ts";

export interface StopOptions {
  /** How long a container may take after SIGTERM. */
  readonly graceSeconds: number;
}

/** Stops and removes all sandboxes; failures are returned, since the rest must go on. */
export async function stopSandboxes(cri: Cri, options: StopOptions): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
  };
  await attempt(async () => {
    const [sandboxes, containers] = await Promise.all([cri.listPodSandbox(), cri.listContainers()]);
    await Promise.all(
      sandboxes.map(async ({ id }) => {
        const running = containers.filter((one) => one.podSandboxId === id && one.state === "CONTAINER_RUNNING");
        await Promise.all(running.map((one) => attempt(() => cri.stopContainer(one.id, options.graceSeconds))));
        await attempt(() => cri.stopPodSandbox(id));
        await attempt(() => cri.removePodSandbox(id));
      }),
    );
  });
  return failures;
}

export interface Leftovers {
  /** In words, for the user. */
  readonly removed: readonly string[];
  readonly busy: readonly string[];
}

export interface ClearOptions {
  readonly directory: string;
  /** The parent of all pods' cgroups, such as "/dhow". */
  readonly cgroup: string;
  readonly kernel: Kernel;
  readonly clock: Clock;
  kill(pid: number, signal: "SIGKILL"): void;
}

/** Each task's folder names its shim's socket. */
function shimSockets(directory: string): readonly string[] {
  const { tasks } = containerdPaths(directory);
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((id) => {
    const file = join(tasks, id, "address");
    const path = existsSync(file) ? readFileSync(file, "utf8").replace(/^unix:\/\//, "") : "";
    return path.startsWith(shimSocketFolder) && existsSync(path) ? [path] : [];
  });
}

/** The kernel empties a cgroup a moment after its last process was killed. */
export async function removeCgroupWhenEmpty({
  kernel,
  cgroup,
  clock,
}: Pick<ClearOptions, "cgroup" | "clock"> & { readonly kernel: Pick<Kernel, "removeCgroup"> }): Promise<{
  readonly removed: readonly string[];
  readonly busy: readonly string[];
}> {
  const removed: string[] = [];
  for (let waitMs = 10; ; waitMs *= 2) {
    const groups = kernel.removeCgroup(cgroup);
    removed.push(...groups.removed);
    if (groups.busy.length === 0 || waitMs >= 2000) return { removed, busy: groups.busy };
    await delay(clock, waitMs);
  }
}

/** For when containerd itself is gone: after a clean stop this finds nothing but empty cgroups. */
export async function clearLeftovers(options: ClearOptions): Promise<Leftovers> {
  const { kernel, directory } = options;
  const removed: string[] = [];
  const kill = (pid: number, what: string): void => {
    try {
      options.kill(pid, "SIGKILL");
      removed.push(`${what} ${pid}`);
    } catch {
      // It ended by itself between being found and being killed.
    }
  };
  for (const pid of kernel.cgroupProcesses(options.cgroup)) kill(pid, "container process");
  const sockets = shimSockets(directory);
  for (const shim of findShims(directory, kernel)) kill(shim.pid, "shim");
  for (const target of await kernel.unmountBelow(containerdPaths(directory).state)) removed.push(`mount ${target}`);
  for (const target of await kernel.unmountBelow(containerdPaths(directory).root)) removed.push(`mount ${target}`);
  for (const path of sockets) {
    rmSync(path, { force: true });
    removed.push(`shim socket ${path}`);
  }
  // What describes containers that no longer exist would only confuse the next containerd.
  for (const folder of [containerdPaths(directory).runcRoot, containerdPaths(directory).tasks])
    rmSync(folder, { recursive: true, force: true });
  const groups = await removeCgroupWhenEmpty(options);
  for (const folder of groups.removed) removed.push(`cgroup ${folder}`);
  return { removed, busy: groups.busy };
}
