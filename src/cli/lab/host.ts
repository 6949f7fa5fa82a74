// The machine as a lab finds it and must leave it.
// Invariant: what is ended or reported as left behind carries the lab's own mark; others may work on the machine meanwhile.
// Called by: world.ts, before and after. Next on the way: world.ts.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { type Clock, delay } from "#lib";
import { cgroupFolders, removeCgroup, unmountBelow } from "#linux";

export interface HostPicture {
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  /** Control groups of the lab's: no namespace keeps them from the machine's own. */
  readonly groups: readonly string[];
  readonly marked: readonly string[];
}

const numbered = /^\d+$/;

/** Processes that carry the mark in their environment, as `pid command line`. The environment survives forks and renaming. */
export function markedProcesses(mark: string): readonly { readonly pid: number; readonly line: string }[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((entry) => numbered.test(entry) && Number(entry) !== process.pid)
    .flatMap((entry) => {
      try {
        if (!readFileSync(`/proc/${entry}/environ`, "utf8").includes(`DHOW_LAB_WORK=${mark}\0`)) return [];
        const line = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        // A zombie has no command line; it is somebody's to reap, and runs no more.
        return line === "" ? [] : [{ pid: Number(entry), line }];
      } catch {
        return []; // Gone meanwhile, or another user's.
      }
    });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Ended just now.
  }
}

/** Ends everything that carries the mark. Stopped first: who keeps others alive would otherwise start a new one while we go through them. */
export async function endMarked(mark: string, clock: Clock): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const found = markedProcesses(mark);
    if (found.length === 0) return;
    for (const { pid } of found) signal(pid, "SIGSTOP");
    for (const { pid } of found) signal(pid, "SIGKILL");
    // They are nobody's children here: the kernel tells us nothing when they have gone.
    await delay(clock, 20);
  }
}

/** What the lab has mounted in its folder. */
export async function unmountAll(mark: string): Promise<void> {
  if (process.platform === "linux") await unmountBelow(mark);
}

/** The control group a lab may make is named as its folder. */
const groupOf = (mark: string): string => `/${basename(mark)}`;

/** Removes the lab's control groups, once its processes are ended: the kernel takes a moment to let go of the last one. */
export async function removeGroups(mark: string, clock: Clock): Promise<void> {
  if (process.platform !== "linux") return;
  for (let round = 0; round < 100; round++) {
    if (removeCgroup(groupOf(mark)).busy.length === 0) return;
    await delay(clock, 20);
  }
}

export function picture(mark: string): HostPicture {
  if (process.platform !== "linux") return { mounts: [], interfaces: [], groups: [], marked: [] };
  return {
    groups: cgroupFolders(groupOf(mark)),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .flatMap((line) => line.split(" ")[4] ?? [])
      .toSorted(),
    interfaces: readdirSync("/sys/class/net").toSorted(),
    marked: markedProcesses(mark).map(({ pid, line }) => `process ${pid}: ${line}`),
  };
}

/** `ours`: left behind by the lab. `others`: changed meanwhile, by whomever. */
export function compare(before: HostPicture, after: HostPicture, mark: string): { ours: string[]; others: string[] } {
  const fresh = (now: readonly string[], then: readonly string[]): string[] => now.filter((one) => !then.includes(one));
  const mounts = fresh(after.mounts, before.mounts);
  return {
    ours: [
      ...after.marked,
      ...after.groups.map((folder) => `control group ${folder}`),
      ...mounts.filter((target) => target.includes(mark)).map((target) => `mount ${target}`),
    ],
    others: [
      ...mounts.filter((target) => !target.includes(mark)).map((target) => `mount ${target}`),
      ...fresh(after.interfaces, before.interfaces).map((name) => `interface ${name}`),
    ],
  };
}

/** The first process inside a pid namespace that `unshare` (a descendant of `pid`) has made. */
export function namespaceInit(pid: number): number | undefined {
  const own = readlinkSync(`/proc/${pid}/ns/pid`);
  const queue = [pid];
  for (const at of queue) {
    try {
      if (readlinkSync(`/proc/${at}/ns/pid`) !== own) return at;
      const children = readFileSync(`/proc/${at}/task/${at}/children`, "utf8").trim();
      if (children !== "") queue.push(...children.split(" ").map(Number));
    } catch {
      // Gone meanwhile.
    }
  }
  return undefined;
}
