// Mounts by descriptor: trees are cloned and file systems made detached, then moved onto a descriptor. No path is looked up twice.
// Invariant: a target is always a descriptor that somebody opened with openat2; nothing here follows a path inside a container.
// Called by: syscalls.ts. Next on the way: process.ts.

import { constants } from "node:fs";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  AT_SYMLINK_NOFOLLOW,
  fsconfigCommands,
  MNT_DETACH,
  type Propagation,
  propagationFlags,
} from "./constants.ts";
import type { RawCall } from "./raw.ts";

export interface OpenHow {
  readonly flags: number;
  readonly mode?: number;
  /** Of resolveFlags. */
  readonly resolve?: number;
}

export interface MountChange {
  /** Of mountAttributes. */
  readonly set?: number;
  readonly clear?: number;
  readonly propagation?: Propagation;
  readonly recursive?: boolean;
  /** A user namespace to map owners by. */
  readonly userNamespace?: number;
}

export interface MountCalls {
  openat2(directory: number, path: string, how: OpenHow): number;
  /** A detached copy of the mount at the path; `directory` itself for an empty one. */
  openTree(directory: number, path: string, options: { recursive: boolean }): number;
  moveMount(from: number, onto: number): void;
  mountSetattr(fd: number, change: MountChange): void;
  fsopen(type: string): number;
  fsconfigFlag(fd: number, key: string): void;
  fsconfigString(fd: number, key: string, value: string): void;
  fsconfigCreate(fd: number): void;
  fsconfigReconfigure(fd: number): void;
  fsmount(fd: number, attributes: number): number;
  fspick(fd: number): number;
  /** The old way, for option strings the new one is too short for. */
  mount(source: string, target: string, type: string, flags: number, data: string): void;
  unmountDetached(path: string): void;
  /** The working directory becomes the root, the old root lies upon it. */
  pivotRootHere(): void;
  fchdir(fd: number): void;
  chdir(path: string): void;
  getcwd(): string;
  mkdirat(directory: number, name: string, mode: number): void;
  mknodat(directory: number, name: string, mode: number, device: bigint): void;
  symlinkat(target: string, directory: number, name: string): void;
  readlinkat(directory: number, name: string): string;
  /** The working directory becomes the root, without a mount namespace of one's own. */
  chrootHere(): void;
  fchownat(directory: number, name: string, uid: number, gid: number): void;
  fchmod(fd: number, mode: number): void;
  /** Whether this process's real user may execute the path. */
  mayExecute(path: string): void;
  umask(mask: number): number;
}

const OPEN_TREE_CLONE = 1;
const F_EMPTY_PATH = 4;
const T_EMPTY_PATH = 0x40;
const FSPICK_EMPTY_PATH = 8;
const CLOEXEC = 1;
const X_OK = 1;
const O_CLOEXEC = 0o2000000;
/** Not in node:fs; the same on all Linux processors. */
export const O_PATH = 0o10000000;
export const openFlags = {
  directory: constants.O_DIRECTORY | O_CLOEXEC,
  path: O_PATH | O_CLOEXEC,
  pathNoFollow: O_PATH | O_CLOEXEC | constants.O_NOFOLLOW,
  pathDirectory: O_PATH | O_CLOEXEC | constants.O_DIRECTORY,
  read: constants.O_RDONLY | O_CLOEXEC,
  readWrite: constants.O_RDWR | O_CLOEXEC | constants.O_NOCTTY,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_CLOEXEC,
} as const;

/** dev_t as mknod takes it. */
export function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn);
}

export function mountCalls(raw: RawCall): MountCalls {
  return {
    ...fileSystemCalls(raw),
    openat2(directory, path, { flags, mode = 0, resolve = 0 }) {
      const how = Buffer.alloc(24);
      for (const [index, value] of [flags, mode, resolve].entries()) how.writeBigUInt64LE(BigInt(value), index * 8);
      return raw("openat2", [directory, path, how, how.length], path);
    },
    openTree(directory, path, { recursive }) {
      const flags = OPEN_TREE_CLONE | O_CLOEXEC | (recursive ? AT_RECURSIVE : 0) | (path === "" ? AT_EMPTY_PATH : 0);
      return raw("open_tree", [directory, path, flags], path);
    },
    moveMount: (from, onto) => void raw("move_mount", [from, "", onto, "", F_EMPTY_PATH | T_EMPTY_PATH]),
    mountSetattr(fd, { set = 0, clear = 0, propagation, recursive = false, userNamespace }) {
      const attributes = Buffer.alloc(32);
      const values = [set, clear, propagation === undefined ? 0 : propagationFlags[propagation], userNamespace ?? 0];
      for (const [index, value] of values.entries()) attributes.writeBigUInt64LE(BigInt(value), index * 8);
      raw("mount_setattr", [fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attributes, attributes.length]);
    },
    mount: (source, target, type, flags, data) => void raw("mount", [source, target, type, flags, data], `${type} on ${target}`),
    unmountDetached: (path) => void raw("umount2", [path, MNT_DETACH], path),
    pivotRootHere: () => void raw("pivot_root", [".", "."]),
  };
}

type FileSystemCalls = Omit<
  MountCalls,
  "openat2" | "openTree" | "moveMount" | "mountSetattr" | "mount" | "unmountDetached" | "pivotRootHere"
>;

function fileSystemCalls(raw: RawCall): FileSystemCalls {
  const { flag, string, create, reconfigure } = fsconfigCommands;
  return {
    fsopen: (type) => raw("fsopen", [type, CLOEXEC], type),
    fsconfigFlag: (fd, key) => void raw("fsconfig", [fd, flag, key, 0, 0], key),
    fsconfigString: (fd, key, value) => void raw("fsconfig", [fd, string, key, value, 0], `${key}=${value}`),
    fsconfigCreate: (fd) => void raw("fsconfig", [fd, create, 0, 0, 0], "create"),
    fsconfigReconfigure: (fd) => void raw("fsconfig", [fd, reconfigure, 0, 0, 0], "reconfigure"),
    fsmount: (fd, attributes) => raw("fsmount", [fd, CLOEXEC, attributes]),
    fspick: (fd) => raw("fspick", [fd, "", CLOEXEC | FSPICK_EMPTY_PATH]),
    fchdir: (fd) => void raw("fchdir", [fd]),
    chdir: (path) => void raw("chdir", [path], path),
    getcwd() {
      const path = Buffer.alloc(4096);
      return path.toString("utf8", 0, raw("getcwd", [path, path.length]) - 1);
    },
    mkdirat: (directory, name, mode) => void raw("mkdirat", [directory, name, mode], name),
    mknodat: (directory, name, mode, device) => void raw("mknodat", [directory, name, mode, device], name),
    symlinkat: (target, directory, name) => void raw("symlinkat", [target, directory, name], name),
    readlinkat(directory, name) {
      const target = Buffer.alloc(4096);
      return target.toString("utf8", 0, raw("readlinkat", [directory, name, target, target.length], name));
    },
    chrootHere: () => void raw("chroot", ["."]),
    fchownat: (directory, name, uid, gid) => void raw("fchownat", [directory, name, uid, gid, AT_SYMLINK_NOFOLLOW], name),
    fchmod: (fd, mode) => void raw("fchmod", [fd, mode]),
    mayExecute: (path) => void raw("faccessat", [AT_FDCWD, path, X_OK], path),
    umask: (mask) => raw("umask", [mask]),
  };
}
