// Shims that containerd has lost: killed while it started one, or left waiting for an answer, it forgets them; what they hold would run on for ever.
// Invariant: a shim is a stray only if its container is not in containerd's own book or has no folder there, and no other one is reached through it.
// Called by: compose/containerd.ts, when the runtime's events begin anew and after containers were deleted. Next on the way: the kernel.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib";
import { delay } from "#lib";
import { containerdPaths, shimSocketFolder } from "./config.ts";
import { type FoundProcess, findShims, type Kernel } from "./instance.ts";

export interface StrayKernel extends Pick<Kernel, "processIds" | "commandLine" | "processStartTime" | "cgroupProcesses"> {
  parentProcess(pid: number): number | undefined;
  /** Paths of the unix sockets that a process has open. */
  unixSockets(pid: number): readonly string[];
  /** The control groups of a process, as paths within their hierarchies. */
  processCgroups(pid: number): readonly string[];
  /** Removes one folder in every hierarchy where it is empty. */
  removeEmptyCgroup(path: string): void;
}

/** Where the folders of these containers say that their shims listen. */
function shimAddresses(tasks: string, containers: ReadonlySet<string>): ReadonlySet<string> {
  // A containerd from 2.0 on says it in a larger file.
  const files = [...containers].flatMap((id) => ["address", "bootstrap.json"].map((name) => join(tasks, id, name)));
  return new Set(
    files.filter((file) => existsSync(file)).flatMap((file) => /unix:\/\/([^"]+)/.exec(readFileSync(file, "utf8"))?.[1]?.trim() ?? []),
  );
}

/** Every shim of the instance and the container that it was started for. */
export function shimsAtWork(directory: string, kernel: StrayKernel): ReadonlyMap<FoundProcess, string> {
  return new Map(
    findShims(directory, kernel).flatMap((shim) => {
      const argv = kernel.commandLine(shim.pid);
      const id = argv[argv.indexOf("-id") + 1] ?? "";
      // `start` and `delete` are short calls of containerd's own.
      return /^[0-9a-f]{64}$/.test(id) && !["start", "delete"].includes(argv.at(-1) ?? "") ? [[shim, id] as const] : [];
    }),
  );
}

/**
 * Which of these shims are strays, if containerd's book has these containers. The book must be younger than the list of shims:
 * containerd writes a container down, makes it a folder, starts a shim for it; and takes all back in the opposite order.
 * A shim serves all containers of a pod, also when the one it was started for is gone.
 */
export function strayShims(
  directory: string,
  kernel: StrayKernel,
  shims: ReadonlyMap<FoundProcess, string>,
  containers: ReadonlySet<string>,
): readonly FoundProcess[] {
  const { tasks } = containerdPaths(directory);
  const lone = [...shims].filter(([, id]) => !containers.has(id) || !existsSync(join(tasks, id))).map(([shim]) => shim);
  if (lone.length === 0) return [];
  const addresses = shimAddresses(tasks, containers);
  return lone.filter(({ pid }) => {
    const sockets = kernel.unixSockets(pid);
    return sockets.length > 0 && !sockets.some((path) => addresses.has(path));
  });
}

export interface EndStraysOptions {
  readonly directory: string;
  readonly cgroup: string;
  readonly kernel: StrayKernel;
  readonly clock: Clock;
  /** The ids in containerd's own book. */
  readonly containers: () => Promise<ReadonlySet<string>>;
  readonly kill: (pid: number, signal: "SIGKILL") => void;
}

/** Ends strays with all that they started. Returns what was ended, in words. */
export async function endStrays({ directory, cgroup, kernel, clock, containers, kill }: EndStraysOptions): Promise<readonly string[]> {
  const shims = shimsAtWork(directory, kernel);
  if (shims.size === 0) return [];
  const strays = strayShims(directory, kernel, shims, await containers());
  const ended: string[] = [];
  const end = (pid: number, what: string): void => {
    try {
      kill(pid, "SIGKILL");
      ended.push(`${what} ${pid}`);
    } catch {
      // It ended by itself meanwhile.
    }
  };
  const groups = new Set<string>();
  for (const shim of strays) {
    const children = kernel.processIds().filter((pid) => kernel.parentProcess(pid) === shim.pid);
    const held = children.flatMap((pid) => kernel.processCgroups(pid)).filter((path) => path.startsWith(`${cgroup}/`));
    for (const path of held) groups.add(path);
    // A container that sees the machine's processes does not end with its first one.
    const all = new Set([...children, ...held.flatMap((path) => kernel.cgroupProcesses(path))]);
    for (const pid of all) end(pid, "container process");
    const sockets = kernel.unixSockets(shim.pid).filter((path) => path.startsWith(shimSocketFolder));
    if (kernel.processStartTime(shim.pid) === shim.startTime) end(shim.pid, "shim");
    for (const path of sockets) rmSync(path, { force: true });
  }
  // The kernel empties a cgroup a moment after its last process has ended; the pod's own goes if nothing else is in it.
  if (groups.size > 0) await delay(clock, 200);
  for (const path of groups) {
    kernel.removeEmptyCgroup(path);
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent !== cgroup && parent !== "") kernel.removeEmptyCgroup(parent);
  }
  return ended;
}
