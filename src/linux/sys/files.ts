// Files by system calls alone, so that they can be another process's: opened, read, written and looked at where the call is made.
// Invariant: nothing here goes through node:fs, which would always mean this process.
// Called by: syscalls.ts. Next on the way: mounting.ts.

import { constants } from "node:fs";
import { AT_EMPTY_PATH, AT_FDCWD } from "./constants.ts";
import { deviceNumber } from "./mounting.ts";
import type { Memory } from "./arena.ts";
import type { RawCall } from "./raw.ts";

export interface FileStatus {
  readonly type: "folder" | "file" | "link" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a device: which. */
  readonly device: number;
}

export interface FileCalls {
  /** Whole files of /proc, /sys and control groups. */
  readFile(path: string): string;
  /** Writes into a file that exists. */
  writeFile(path: string, text: string): void;
  openRead(path: string): number;
  openWrite(path: string): number;
  write(fd: number, text: string): void;
  /** At most so many bytes; none: the end. */
  read(fd: number, length: number): Buffer;
  status(fd: number): FileStatus;
  /** Of what the path leads to. */
  statusOf(path: string): FileStatus;
  /** The owner of an open file. */
  chown(fd: number, uid: number, gid: number): void;
  /** Nobody else may hold the file, until this process ends or lets it go. */
  holdFile(fd: number): void;
  /** Waits until whoever holds the file has let it go. */
  awaitFile(fd: number): void;
  close(fd: number): void;
}

const O_CLOEXEC = 0o2000000;
const chunkBytes = 16_384;
const LOCK_SH = 1;
const LOCK_EX = 2;
const STATX_BASIC_STATS = 0x7ff;
const typeMask = 0o170000;
const types: Readonly<Record<number, FileStatus["type"]>> = { 0o040000: "folder", 0o100000: "file", 0o120000: "link" };

function read(raw: RawCall, fd: number, length: number, about = ""): Buffer {
  let memory: Memory | undefined;
  let address = 0n;
  const room = (given: Memory): bigint => {
    memory = given;
    address = given.reserve(length);
    return address;
  };
  const count = raw("read", [fd, room, length], about);
  return memory!.get(address, count);
}

function write(raw: RawCall, fd: number, text: string, about = ""): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += raw("write", [fd, bytes.subarray(at), bytes.length - at], about);
}

function status(raw: RawCall, directory: number, path: string, flags: number): FileStatus {
  const bytes = Buffer.alloc(256);
  raw("statx", [directory, path, flags, STATX_BASIC_STATS, bytes], path);
  const mode = bytes.readUInt16LE(28);
  const device = Number(deviceNumber(bytes.readUInt32LE(128), bytes.readUInt32LE(132)));
  return { type: types[mode & typeMask] ?? "other", mode, uid: bytes.readUInt32LE(20), gid: bytes.readUInt32LE(24), device };
}

export function fileCalls(raw: RawCall): FileCalls {
  const open = (path: string, flags: number): number => raw("openat", [AT_FDCWD, path, flags | O_CLOEXEC, 0], path);
  return {
    readFile(path) {
      const fd = open(path, constants.O_RDONLY);
      const parts: Buffer[] = [];
      try {
        for (let part = read(raw, fd, chunkBytes, path); part.length > 0; part = read(raw, fd, chunkBytes, path)) parts.push(part);
      } finally {
        raw("close", [fd]);
      }
      return Buffer.concat(parts).toString();
    },
    writeFile(path, text) {
      const fd = open(path, constants.O_WRONLY);
      try {
        write(raw, fd, text, path);
      } finally {
        raw("close", [fd]);
      }
    },
    openRead: (path) => open(path, constants.O_RDONLY),
    openWrite: (path) => open(path, constants.O_WRONLY),
    write: (fd, text) => write(raw, fd, text),
    read: (fd, length) => read(raw, fd, length),
    status: (fd) => status(raw, fd, "", AT_EMPTY_PATH),
    statusOf: (path) => status(raw, AT_FDCWD, path, 0),
    chown: (fd, uid, gid) => void raw("fchownat", [fd, "", uid, gid, AT_EMPTY_PATH]),
    holdFile: (fd) => void raw("flock", [fd, LOCK_EX]),
    awaitFile: (fd) => void raw("flock", [fd, LOCK_SH]),
    close: (fd) => void raw("close", [fd]),
  };
}
