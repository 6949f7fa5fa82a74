// Shims that containerd has lost: it waited for their answer when it started, gave up, and forgot them; what they hold would run on for ever.
// Invariant: a shim is a stray only if no container's folder names it, by id or by its socket; where that cannot be told, nothing is ended.
// Called by: compose/node.ts, whenever the runtime's events begin anew (containerd has just told what it knows). Next on the way: the kernel.

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
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

/** Where containers' folders say that their shims listen; undefined: a folder does not say it in a way we know. */
function shimAddresses(tasks: string): ReadonlySet<string> | undefined {
  const addresses = new Set<string>();
  for (const id of readdirSync(tasks)) {
    const file = join(tasks, id, "address");
    if (!existsSync(file)) return undefined;
    addresses.add(readFileSync(file, "utf8").replace(/^unix:\/\//, ""));
  }
  return addresses;
}

/** A shim serves all containers of a pod, also when the one it was started for is gone. */
export function strayShims(directory: string, kernel: StrayKernel): readonly FoundProcess[] {
  const { tasks } = containerdPaths(directory);
  if (!existsSync(tasks)) return [];
  const lone = findShims(directory, kernel).filter(({ pid }) => {
    const argv = kernel.commandLine(pid);
    const id = argv[argv.indexOf("-id") + 1] ?? "";
    // `start` and `delete` are short calls of containerd's own.
    return /^[0-9a-f]{64}$/.test(id) && !["start", "delete"].includes(argv.at(-1) ?? "") && !existsSync(join(tasks, id));
  });
  if (lone.length === 0) return [];
  const addresses = shimAddresses(tasks);
  if (addresses === undefined) return [];
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
  readonly kill: (pid: number, signal: "SIGKILL") => void;
}

/** Ends strays with all that they started. Returns what was ended, in words. */
export async function endStrays({ directory, cgroup, kernel, clock, kill }: EndStraysOptions): Promise<readonly string[]> {
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
  for (const shim of strayShims(directory, kernel)) {
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
