// The container's file tree, from the machine's point of view to the container's: mounts, devices, then another root.
// Invariant: until the root is changed nothing inside is trusted; afterwards the old root is gone from this namespace.
// Called by: create.ts of init/. Next on the way: mounts.ts, devices.ts, console.ts, paths.ts.

import { AT_FDCWD, mountAttributes, openFlags, type Propagation, type Syscalls } from "#linux";
import type { LinuxConfig, MountConfig } from "../config.ts";
import type { MountPlan } from "../mount-options.ts";
import { mountCgroups } from "./cgroup-mounts.ts";
import { createDevices, linkDevices } from "./devices.ts";
import { Inside } from "./inside.ts";
import { bindsDev, mountOne } from "./mounts.ts";
import { makeReadonly, maskPaths } from "./paths.ts";
import type { InitContext } from "./request.ts";

const withRoot = <T>(syscalls: Syscalls, use: (root: number) => T): T => {
  const root = syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.path });
  try {
    return use(root);
  } finally {
    syscalls.close(root);
  }
};

function propagationOf(text: string): { propagation: Propagation; recursive: boolean } {
  const recursive = text.startsWith("r");
  return { propagation: (recursive ? text.slice(1) : text) as Propagation, recursive };
}

/** Where the mount that `path` lies on begins. */
function mountPointOf(path: string, mountinfo: string): string {
  const points = mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "");
  const above = points.filter((point) => point !== "" && (point === "/" || path === point || path.startsWith(`${point}/`)));
  return above.reduce((longest, point) => (point.length > longest.length ? point : longest), "/");
}

/** What happens on the machine from now on may be seen here, what happens here is not seen there. */
function cutPropagation(syscalls: Syscalls, linux: LinuxConfig, rootfs: string): void {
  const wanted = linux.rootfsPropagation ? propagationOf(linux.rootfsPropagation) : { propagation: "slave" as const, recursive: true };
  withRoot(syscalls, (root) => syscalls.mountSetattr(root, wanted));
  // The new root may not lie on a shared mount: pivot_root would be seen outside, and refuses.
  const point = mountPointOf(rootfs, syscalls.readFile("/proc/self/mountinfo"));
  const fd = syscalls.openat2(AT_FDCWD, point, { flags: openFlags.path });
  syscalls.mountSetattr(fd, { propagation: "private" });
  syscalls.close(fd);
}

/** The container's root as a mount of its own, open. */
function mountRoot(syscalls: Syscalls, rootfs: string): number {
  const target = syscalls.openat2(AT_FDCWD, rootfs, { flags: openFlags.pathDirectory });
  const tree = syscalls.openTree(target, "", { recursive: true });
  syscalls.moveMount(tree, target);
  syscalls.close(target);
  return tree;
}

export interface Tree {
  readonly inside: Inside;
  /** Makes read-only what had to be written into until now. */
  readonly finish: () => void;
}

/** Everything up to the moment when hooks of the container's namespaces may look at it. */
export function buildRootfs({ syscalls, request, mappings }: InitContext): Tree {
  const { config, rootfs, bundle, userNamespace } = request;
  const linux = config.linux ?? {};
  const mounts = config.mounts ?? [];
  cutPropagation(syscalls, linux, rootfs);
  const inside = new Inside(syscalls, mountRoot(syscalls, rootfs));
  const late: (() => void)[] = [];
  const namespaced = (linux.namespaces ?? []).some(({ type }) => type === "cgroup");
  const cgroups = (mount: MountConfig, plan: MountPlan): void => mountCgroups({ syscalls, inside, namespaced }, mount, plan);
  for (const [index, mount] of mounts.entries()) mountOne({ syscalls, inside, bundle, late, cgroups, mapping: mappings.get(index) }, mount);
  if (!bindsDev(mounts)) {
    createDevices(syscalls, inside, linux.devices ?? [], userNamespace);
    linkDevices(syscalls, inside);
  }
  makeReadonly(syscalls, inside, linux.readonlyPaths ?? []);
  maskPaths(syscalls, inside, linux.maskedPaths ?? []);
  return { inside, finish: () => late.forEach((step) => step()) };
}

/** The container's root becomes the root; the machine's is let go of. */
export function changeRoot(syscalls: Syscalls, inside: Inside): void {
  // Opened before it is covered: "." would be the new root, and what the container shares would be shared no more.
  const old = syscalls.openat2(AT_FDCWD, "/", { flags: openFlags.pathDirectory });
  syscalls.fchdir(inside.fd);
  syscalls.pivotRootHere();
  // The old root lies upon the new one now. Letting it go must not be seen by those it is shared with.
  syscalls.mountSetattr(old, { propagation: "slave", recursive: true });
  syscalls.fchdir(old);
  syscalls.close(old);
  syscalls.unmountDetached(".");
  syscalls.chdir("/");
}

/** Where pivot_root cannot be: the new root is laid over the machine's, which stays below. Weaker, and only by request. */
export function coverRoot(syscalls: Syscalls, inside: Inside): void {
  withRoot(syscalls, (root) => syscalls.moveMount(inside.fd, root));
  syscalls.fchdir(inside.fd);
  syscalls.chrootHere();
  syscalls.chdir("/");
}

/** Without a mount namespace only the view changes. */
export function chrootInto(syscalls: Syscalls, rootfs: string): void {
  const root = syscalls.openat2(AT_FDCWD, rootfs, { flags: openFlags.pathDirectory });
  syscalls.fchdir(root);
  syscalls.chrootHere();
  syscalls.close(root);
  syscalls.chdir("/");
}

export function rootReadonly(syscalls: Syscalls): void {
  withRoot(syscalls, (root) => syscalls.mountSetattr(root, { set: mountAttributes.readonly }));
}

export function finalPropagation(syscalls: Syscalls, text: string | undefined): void {
  if (!text) return;
  const wanted = propagationOf(text);
  if (wanted.propagation !== "private") withRoot(syscalls, (root) => syscalls.mountSetattr(root, wanted));
}
