// The mounts of config.json, one after the other: a detached mount is made and attributed, then moved onto an open descriptor.
// Invariant: a mount is never to be seen half done, and a target is the descriptor that was checked, whatever happens to its path.
// Called by: rootfs.ts. Next on the way: cgroup-mounts.ts, for the one type that is not a file system of its own.

import { resolve } from "node:path";
import { AT_FDCWD, isErrno, mountAttributes, openFlags, type Syscalls } from "#linux";
import type { MountConfig } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import { type MountPlan, planMount } from "../mount-options.ts";
import { copyUp } from "./copy-up.ts";
import type { Inside } from "./inside.ts";

export interface MountContext {
  readonly syscalls: Syscalls;
  readonly inside: Inside;
  readonly bundle: string;
  /** Read-only only when nothing must be made below any more. */
  readonly late: (() => void)[];
  readonly cgroups: (mount: MountConfig, plan: MountPlan) => void;
  /** A user namespace to map this mount's owners by. */
  readonly mapping: number | undefined;
}

/** Below /proc only what container engines are known to lay over their own statistics. */
const allowedInProc = new Set(
  [
    "cpuinfo",
    "diskstats",
    "meminfo",
    "stat",
    "swaps",
    "uptime",
    "loadavg",
    "slabinfo",
    "net/dev",
    "sys/kernel/ns_last_pid",
    "sys/crypto/fips_enabled",
  ].map((name) => `/proc/${name}`),
);

function checkProc(destination: string, type: string, plan: MountPlan): void {
  const path = resolve("/", destination);
  if (path === "/proc" || path.startsWith("/proc/")) {
    if (path === "/proc" && !plan.bind && type === "proc") return;
    if (path === "/proc") throw new RuntimeError(`"${destination}" cannot be mounted because it is not of type proc`);
    if (!allowedInProc.has(path)) throw new RuntimeError(`"${destination}" cannot be mounted because it is inside /proc`);
  }
}

const mountFlags = mountAttributes.readonly | mountAttributes.nosuid | mountAttributes.nodev | mountAttributes.noexec;

/** Options say all of a bind mount's flags; without any it keeps its source's. Flags a user namespace has locked stay. */
function attributeBind(syscalls: Syscalls, tree: number, plan: MountPlan): void {
  const { set, clear } = plan;
  if (set === 0 && clear === 0) return;
  if (set === 0) {
    tryClear(syscalls, tree, 0, clear);
    return;
  }
  tryClear(syscalls, tree, set, clear | (mountFlags & ~set));
}

function tryClear(syscalls: Syscalls, tree: number, set: number, clear: number): void {
  try {
    syscalls.mountSetattr(tree, { set, clear });
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    if (set !== 0) syscalls.mountSetattr(tree, { set, clear: clear & mountAttributes.atimeMask });
  }
}

function spread(syscalls: Syscalls, tree: number, plan: MountPlan): void {
  if (plan.recursiveSet !== 0 || plan.recursiveClear !== 0)
    syscalls.mountSetattr(tree, { set: plan.recursiveSet, clear: plan.recursiveClear, recursive: true });
  for (const { type, recursive } of plan.propagation) syscalls.mountSetattr(tree, { propagation: type, recursive });
}

function bindMount(context: MountContext, mount: MountConfig, plan: MountPlan): void {
  const { syscalls, inside, bundle, mapping } = context;
  const source = resolve(bundle, mount.source ?? "");
  const tree = syscalls.openTree(AT_FDCWD, source, { recursive: plan.recursive });
  try {
    const target = syscalls.status(tree).type === "folder" ? inside.makeFolder(mount.destination) : inside.makeFile(mount.destination);
    inside.with(target, (fd) => {
      if (mapping !== undefined)
        syscalls.mountSetattr(tree, { set: mountAttributes.idmap, userNamespace: mapping, recursive: plan.idmap === "recursive" });
      attributeBind(syscalls, tree, plan);
      syscalls.moveMount(tree, fd);
      spread(syscalls, tree, plan);
    });
  } finally {
    syscalls.close(tree);
  }
}

/** A file system of its own, detached. */
export function makeFileSystem(
  syscalls: Syscalls,
  { type, source, data, superFlags }: { type: string; source: string; data: readonly string[]; superFlags: readonly string[] },
  attributes: number,
): number {
  const context = syscalls.fsopen(type);
  try {
    syscalls.together(() => {
      if (source !== "") syscalls.fsconfigString(context, "source", source);
      for (const flag of superFlags) syscalls.fsconfigFlag(context, flag);
      for (const option of data) {
        const at = option.indexOf("=");
        if (at < 0) syscalls.fsconfigFlag(context, option);
        else syscalls.fsconfigString(context, option.slice(0, at), option.slice(at + 1));
      }
      syscalls.fsconfigCreate(context);
    });
    return syscalls.fsmount(context, attributes);
  } finally {
    syscalls.close(context);
  }
}

/** A folder that was there gives a tmpfs its mode, unless the options do. */
function modeBelow(inside: Inside, destination: string, data: readonly string[]): number | undefined {
  if (data.some((option) => option.startsWith("mode="))) return undefined;
  const fd = inside.tryOpen(destination, openFlags.pathDirectory);
  return fd === undefined ? undefined : inside.with(fd, (open) => inside.status(open).mode & 0o7777);
}

/** Changed on the folder and not said as an option, so that the list of mounts has the options of config.json and no others. */
function changeMode(syscalls: Syscalls, tree: number, mode: number): void {
  const folder = syscalls.openat2(tree, ".", { flags: openFlags.read });
  syscalls.fchmod(folder, mode);
  syscalls.close(folder);
}

function ownMount(context: MountContext, mount: MountConfig, plan: MountPlan): void {
  const { syscalls, inside, late } = context;
  const type = mount.type ?? "";
  const ordinary = type === "proc" || type === "sysfs";
  const isLate = (plan.set & mountAttributes.readonly) !== 0 && (type === "tmpfs" || resolve("/", mount.destination) === "/dev");
  const wantsReadonly = (plan.set & mountAttributes.readonly) !== 0 && !isLate;
  const data = plan.data.filter((option) => type !== "tmpfs" || option !== "tmpcopyup");
  const mode = type === "tmpfs" ? modeBelow(inside, mount.destination, data) : undefined;
  const superFlags = wantsReadonly ? [...plan.superFlags, "ro"] : plan.superFlags;
  const target = ordinary ? ordinaryFolder(inside, mount.destination, type) : inside.makeFolder(mount.destination);
  inside.with(target, (fd) => {
    const attributes = isLate ? plan.set & ~mountAttributes.readonly : plan.set;
    const tree = makeFileSystem(syscalls, { type, source: mount.source ?? type, data, superFlags }, attributes);
    if (data.length < plan.data.length) copyUp(inside, mount.destination, `/proc/self/fd/${tree}`);
    if (mode !== undefined) changeMode(syscalls, tree, mode);
    syscalls.moveMount(tree, fd);
    spread(syscalls, tree, plan);
    if (isLate) late.push(() => syscalls.mountSetattr(tree, { set: mountAttributes.readonly }));
    late.push(() => syscalls.close(tree));
  });
}

/** /proc and /sys are written to in good faith later on: a link there could lead that to another place. */
function ordinaryFolder(inside: Inside, destination: string, type: string): number {
  const plain = inside.tryOpen(destination, openFlags.pathNoFollow);
  if (plain === undefined) return inside.makeFolder(destination);
  if (inside.status(plain).type !== "folder") throw new RuntimeError(`filesystem "${type}" must be mounted on ordinary directory`);
  return plain;
}

function remount({ syscalls, inside }: MountContext, mount: MountConfig, plan: MountPlan): void {
  inside.with(inside.open(mount.destination), (fd) => {
    if (plan.set !== 0 || plan.clear !== 0) syscalls.mountSetattr(fd, { set: plan.set, clear: plan.clear });
    spread(syscalls, fd, plan);
  });
}

export function mountOne(context: MountContext, mount: MountConfig): void {
  const plan = planMount(mount.options, mount.type);
  checkProc(mount.destination, mount.type ?? "", plan);
  try {
    if (plan.remount) remount(context, mount, plan);
    else if (plan.bind) bindMount(context, mount, plan);
    else if (mount.type === "cgroup" || mount.type === "cgroup2") context.cgroups(mount, plan);
    else ownMount(context, mount, plan);
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    const about = `error mounting ${JSON.stringify(mount.source ?? "")} to rootfs at ${JSON.stringify(mount.destination)}`;
    throw new RuntimeError(`${about}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Whether something of the machine lies at the container's /dev, which is then left as it is. */
export function bindsDev(mounts: readonly MountConfig[]): boolean {
  return mounts.some(({ destination, type, options }) => resolve("/", destination) === "/dev" && planMount(options, type).bind);
}
