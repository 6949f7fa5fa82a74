// What is left of this machine: memory, disk, and which control groups there are to bound containers with.
// Invariant: reads only; what the machine does not tell is undefined, never a guess.
// Called by: cli/'s preflight and doctor. Next on the way: index.ts, the door.

import { existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { mounts, type Mount } from "./mounts.ts";

export function parseMemAvailable(meminfo: string): number | undefined {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo);
  return match ? Number(match[1]) * 1024 : undefined;
}

export function availableMemoryBytes(): number | undefined {
  try {
    return parseMemAvailable(readFileSync("/proc/meminfo", "latin1"));
  } catch {
    return undefined;
  }
}

/** Of the file system that `path` is on, or will be on once it is made. */
export function freeDiskBytes(path: string): number | undefined {
  let place = path;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

export interface CgroupFacts {
  readonly version: "v1" | "v2" | "none";
  readonly controllers: readonly string[];
}

/** A machine with both has its controllers in version 1. */
export function cgroupFactsOf(all: readonly Pick<Mount, "fsType" | "target">[], controllersOf: (target: string) => string): CgroupFacts {
  const first = all.filter((mount) => mount.fsType === "cgroup").flatMap((mount) => mount.target.split("/").at(-1)!.split(","));
  if (first.includes("memory") || first.includes("cpu")) return { version: "v1", controllers: first.toSorted() };
  const second = all.find((mount) => mount.fsType === "cgroup2");
  if (!second) return { version: "none", controllers: [] };
  return { version: "v2", controllers: controllersOf(second.target).trim().split(/\s+/).filter(Boolean).toSorted() };
}

export function cgroupFacts(): CgroupFacts {
  const read = (target: string): string => {
    try {
      return readFileSync(`${target}/cgroup.controllers`, "latin1");
    } catch {
      return "";
    }
  };
  try {
    return cgroupFactsOf(mounts(), read);
  } catch {
    return { version: "none", controllers: [] };
  }
}
