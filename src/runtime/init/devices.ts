// /dev: the devices every container has, those of config.json, and the links programs expect there.
// Invariant: a node is made in an open folder under its last name; in a user namespace, where nobody may make nodes, the machine's is mounted.
// Called by: rootfs.ts. Next on the way: paths.ts.

import { AT_FDCWD, deviceNumber, isErrno, openFlags, type Syscalls } from "#linux";
import type { DeviceConfig } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import { type Inside, split } from "./inside.ts";

const device = (name: string, major: number, minor: number): DeviceConfig => ({
  path: `/dev/${name}`,
  type: "c",
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

export const defaultDevices: readonly DeviceConfig[] = [
  device("null", 1, 3),
  device("zero", 1, 5),
  device("full", 1, 7),
  device("random", 1, 8),
  device("urandom", 1, 9),
  device("tty", 5, 0),
];

const links: readonly (readonly [name: string, target: string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
];

const typeBits: Readonly<Record<string, number>> = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 };

function makeNode(syscalls: Syscalls, directory: number, name: string, entry: DeviceConfig): void {
  const { type, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0, path } = entry;
  const bits = typeBits[type];
  if (bits === undefined) throw new RuntimeError(`${JSON.stringify(type)} is not a device type (${path})`);
  try {
    syscalls.mknodat(directory, name, bits | (fileMode & 0o7777), deviceNumber(major, minor));
  } catch (error) {
    if (isErrno(error, "EEXIST")) return;
    throw error;
  }
  syscalls.fchownat(directory, name, uid, gid);
}

function mountNode(syscalls: Syscalls, inside: Inside, path: string): void {
  const tree = syscalls.openTree(AT_FDCWD, path, { recursive: false });
  inside.with(tree, (from) => inside.with(inside.makeFile(path), (fd) => syscalls.moveMount(from, fd)));
}

export function createDevices(syscalls: Syscalls, inside: Inside, configured: readonly DeviceConfig[], mounted: boolean): void {
  const own = new Set(configured.map(({ path }) => path));
  const mask = syscalls.umask(0);
  for (const entry of [...defaultDevices.filter(({ path }) => !own.has(path)), ...configured]) {
    if (split(entry.path).join("/") === "/dev/ptmx") continue; // Belongs to the container's own devpts.
    if (mounted) {
      mountNode(syscalls, inside, entry.path);
      continue;
    }
    const [folder, name] = split(entry.path);
    try {
      inside.with(inside.makeFolder(folder), (directory) => makeNode(syscalls, directory, name, entry));
    } catch (error) {
      if (!isErrno(error, "EPERM")) throw error;
      mountNode(syscalls, inside, entry.path);
    }
  }
  syscalls.umask(mask);
}

export function linkDevices(syscalls: Syscalls, inside: Inside): void {
  inside.with(inside.makeFolder("/dev"), (directory) => {
    for (const [name, target] of [...links, ["ptmx", "pts/ptmx"] as const]) {
      try {
        syscalls.symlinkat(target, directory, name);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
    }
  });
}

/** The machine's /dev/null, and proof that it is one: what it is laid over must read as empty. */
export function openNull(syscalls: Syscalls, isNull: (fd: number) => boolean): number {
  const fd = syscalls.openat2(AT_FDCWD, "/dev/null", { flags: openFlags.pathNoFollow });
  if (!isNull(fd)) throw new RuntimeError("/dev/null is not the null device");
  return fd;
}
