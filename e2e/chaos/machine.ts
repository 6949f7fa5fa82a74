// What a cluster's pods hold of the machine: shims, tasks, interfaces, cgroups, folders. And whom to kill.
// Invariant: only processes that the cluster's own folder names, or that name it, are ever signalled.
// Called by: run.ts. Next on the way: e2e/support/host.ts, the machine as a whole.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../support/cluster.ts";
import { run } from "../support/commands.ts";

export type Victim = "agent" | "containerd" | "shim" | "container";

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // Gone between the listing and the reading.
  }
}

function parent(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return 0;
  }
}

const pids = (): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export function shims(cluster: Cluster): readonly number[] {
  const mark = join(cluster.folder, "containerd");
  return pids().filter((pid) => {
    const line = commandLine(pid);
    return line.includes("containerd-shim") && line.includes(mark);
  });
}

function part(cluster: Cluster, name: RegExp): readonly number[] {
  const folder = join(cluster.folder, "run");
  return readdirSync(folder)
    .filter((file) => name.test(file) && file.endsWith(".json"))
    .map((file) => (JSON.parse(readFileSync(join(folder, file), "utf8")) as { pid: number }).pid)
    .filter((pid) => existsSync(`/proc/${pid}`));
}

/** Who can be killed now, of one kind. */
export function candidates(cluster: Cluster, victim: Victim): readonly number[] {
  switch (victim) {
    case "agent":
      return part(cluster, /^node-/);
    case "containerd":
      return part(cluster, /^containerd/);
    case "shim":
      return shims(cluster);
    case "container": {
      const ours = new Set(shims(cluster));
      return pids().filter((pid) => ours.has(parent(pid)));
    }
  }
}

export interface Held {
  readonly shims: number;
  readonly tasks: number;
  readonly interfaces: number;
  readonly cgroups: readonly string[];
  readonly folders: readonly string[];
}

function names(folder: string, pattern: RegExp): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .toSorted();
}

/** Uids stand for pods in the names of cgroups and folders. */
export async function held(cluster: Cluster): Promise<Held> {
  const socket = join(cluster.folder, "containerd/state/containerd.sock");
  const tasks = await run("ctr", ["--address", socket, "--namespace", "k8s.io", "tasks", "ls"]);
  const bridge = `/sys/class/net/dhow-${cluster.name}/brif`;
  const group = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find((folder) => existsSync(join(folder, `dhow-${cluster.name}`)));
  return {
    shims: shims(cluster).length,
    tasks: tasks.stdout.split("\n").filter((line) => line.includes("RUNNING")).length,
    interfaces: existsSync(bridge) ? readdirSync(bridge).length : 0,
    cgroups: group === undefined ? [] : names(join(group, `dhow-${cluster.name}`), /^pod(.+)$/),
    folders: names(join(cluster.folder, "nodes", `${cluster.name}-1`, "pods"), /^(.+)$/),
  };
}
