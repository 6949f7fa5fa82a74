// Control groups as folders: which hierarchies there are, and removing a subtree that is ours.
// Invariant: a group with a process in it is never removed (the kernel refuses), and only below the name given.
// Called by: shutdown of a node's containers (through compose). Next on the way: index.ts, the door.

import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { mounts } from "./mounts.ts";

/** Mount points of every cgroup hierarchy, version 1 and 2. */
export function cgroupHierarchies(): readonly string[] {
  return mounts()
    .filter((mount) => mount.fsType === "cgroup" || mount.fsType === "cgroup2")
    .map((mount) => mount.target);
}

/** Existing folders of the group `path` (such as "/dhow") in all hierarchies. */
export function cgroupFolders(path: string): readonly string[] {
  return cgroupHierarchies()
    .map((hierarchy) => join(hierarchy, path))
    .filter((folder) => existsSync(folder));
}

/** Pids of all processes in the group and below it. */
export function cgroupProcesses(path: string): readonly number[] {
  const found = new Set<number>();
  const visit = (folder: string): void => {
    for (const line of readFileSync(join(folder, "cgroup.procs"), "latin1").split("\n")) if (line !== "") found.add(Number(line));
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) visit(join(folder, entry.name));
  };
  for (const folder of cgroupFolders(path)) visit(folder);
  return [...found];
}

/** Removes the group and everything below it; what is busy stays and is named. */
export function removeCgroup(path: string): { removed: readonly string[]; busy: readonly string[] } {
  const removed: string[] = [];
  const busy: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) visit(join(folder, entry.name));
    try {
      rmdirSync(folder);
      removed.push(folder);
    } catch {
      busy.push(folder);
    }
  };
  for (const folder of cgroupFolders(path)) visit(folder);
  return { removed, busy };
}

/** The control groups of a process, as paths within their hierarchies. */
export function processCgroups(pid: number): readonly string[] {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
    // hierarchy:controllers:path
    return [...new Set(lines.filter((line) => line !== "").map((line) => line.slice(line.indexOf(":", line.indexOf(":") + 1) + 1)))];
  } catch {
    return [];
  }
}

/** The one folder in every hierarchy, and only where nothing is in it. */
export function removeEmptyCgroup(path: string): void {
  for (const folder of cgroupFolders(path)) {
    try {
      rmdirSync(folder);
    } catch {
      // Something is in it: it is in use.
    }
  }
}
