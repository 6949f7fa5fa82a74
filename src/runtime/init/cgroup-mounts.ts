// The control groups a container may look at: its own, as one tree (version 2) or a folder for each hierarchy (version 1).
// Invariant: with a namespace of its own a container sees itself as the top; without one only its own group is shown, never the machine's.
// Called by: mounts.ts. Next on the way: devices.ts.

import { basename } from "node:path";
import { AT_FDCWD, CgroupGroup, machineHierarchies, mountAttributes, type Syscalls } from "#linux";
import type { MountConfig } from "../config.ts";
import type { MountPlan } from "../mount-options.ts";
import type { Inside } from "./inside.ts";
import { makeFileSystem } from "./mounts.ts";

export interface CgroupMountContext {
  readonly syscalls: Syscalls;
  readonly inside: Inside;
  /** A cgroup namespace of its own. */
  readonly namespaced: boolean;
}

function place(context: CgroupMountContext, tree: number, destination: string, plan: MountPlan): void {
  const { syscalls, inside } = context;
  try {
    syscalls.mountSetattr(tree, { set: plan.set });
    inside.with(inside.makeFolder(destination), (fd) => syscalls.moveMount(tree, fd));
    for (const { type, recursive } of plan.propagation) syscalls.mountSetattr(tree, { propagation: type, recursive });
  } finally {
    syscalls.close(tree);
  }
}

/** The groups this process is in by now: the container's. */
function ownGroup(syscalls: Syscalls): CgroupGroup {
  return new CgroupGroup(
    machineHierarchies((path) => syscalls.readFile(path)),
    "",
  );
}

export function mountCgroups(context: CgroupMountContext, mount: MountConfig, plan: MountPlan): void {
  const { syscalls, inside, namespaced } = context;
  const group = ownGroup(syscalls);
  // What stands in the list of mounts: systemd's own hierarchy by its name, as everywhere.
  const newTree = (type: string, data: readonly string[], source = "cgroup"): number =>
    makeFileSystem(syscalls, { type, source, data, superFlags: [] }, plan.set);
  const boundTree = (folder: string): number => syscalls.openTree(AT_FDCWD, folder, { recursive: false });
  if (group.unified) {
    place(context, namespaced ? newTree("cgroup2", plan.data) : boundTree(group.places[0]!.folder), mount.destination, plan);
    return;
  }
  const top = makeFileSystem(
    syscalls,
    { type: "tmpfs", source: "tmpfs", data: ["mode=755"], superFlags: [] },
    plan.set & ~mountAttributes.readonly,
  );
  inside.with(inside.makeFolder(mount.destination), (fd) => syscalls.moveMount(top, fd));
  syscalls.close(top);
  for (const { version, controllers, mountPoint, folder } of group.places) {
    if (version === 2) continue;
    const name = basename(mountPoint);
    const tree = namespaced ? newTree("cgroup", controllers, name === "systemd" ? name : undefined) : boundTree(folder);
    place(context, tree, `${mount.destination}/${name}`, plan);
    linkControllers(context, mount.destination, name, controllers);
  }
}

/** Of "cpu,cpuacct" both names lead to the one folder. */
function linkControllers(
  { syscalls, inside }: CgroupMountContext,
  destination: string,
  folder: string,
  controllers: readonly string[],
): void {
  if (controllers.length < 2) return;
  inside.with(inside.makeFolder(destination), (fd) => {
    for (const controller of controllers)
      if (controller !== folder && !controller.startsWith("name=")) syscalls.symlinkat(folder, fd, controller);
  });
}
