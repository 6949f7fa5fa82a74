// Where the hierarchies of control groups are mounted, which controllers each has, and where a group of ours lies in them.
// Invariant: a group's path never leaves the hierarchy; where only a part of one is mounted, paths start at that part.
// Called by: group.ts. Next on the way: group.ts.

import { join, relative, resolve } from "node:path";

export interface Hierarchy {
  readonly version: 1 | 2;
  /** Of version 1: "cpu", "cpuacct", "name=systemd" …; of version 2: those it offers. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** What of the hierarchy is mounted there. */
  readonly root: string;
  /** The group of this process. */
  readonly own: string;
}

const namedOptions = new Set(["rw", "ro", "xattr", "clone_children", "noprefix", "release_agent", "relatime"]);

function ownGroups(text: string): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, controllers, ...path] = line.split(":");
    if (controllers === undefined) continue;
    for (const controller of controllers === "" ? ["unified"] : controllers.split(",")) own.set(controller, path.join(":"));
  }
  return own;
}

export function hierarchies(mountinfo: string, ownCgroup: string, controllersOf: (mountPoint: string) => string): Hierarchy[] {
  const own = ownGroups(ownCgroup);
  const found: Hierarchy[] = [];
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "", mountPoint = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (found.some((other) => other.mountPoint === mountPoint)) continue;
    if (type === "cgroup2") {
      const controllers = controllersOf(mountPoint).trim().split(/\s+/u).filter(Boolean);
      found.push({ version: 2, controllers, mountPoint, root, own: own.get("unified") ?? "/" });
    } else if (type === "cgroup") {
      const controllers = options.split(",").filter((option) => own.has(option) && !namedOptions.has(option));
      const first = controllers[0];
      if (first !== undefined && !found.some((other) => other.controllers.includes(first)))
        found.push({ version: 1, controllers, mountPoint, root, own: own.get(first) ?? "/" });
    }
  }
  return found;
}

/** An absolute path starts at the hierarchy's top, a relative one at this process's own group. */
export function groupFolder({ mountPoint, root, own }: Hierarchy, path: string): string {
  if (path.startsWith("/")) return join(mountPoint, resolve("/", path));
  const inside = relative(root, own);
  return join(mountPoint, inside.startsWith("..") ? "/" : inside, resolve("/", path));
}
