// A tmpfs that begins with what lay below it, as the mount option tmpcopyup asks.
// Invariant: every file is opened below the container's root, link or no link; what is written to nobody else can reach yet.
// Called by: mounts.ts. Next on the way: inside.ts.

import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { openFlags } from "#linux";
import { RuntimeError } from "../errors.ts";
import type { Inside } from "./inside.ts";

const chunkBytes = 65_536;

function copyBytes(source: number, target: string, mode: number): void {
  const out = openSync(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let length = readSync(source, chunk); length > 0; length = readSync(source, chunk)) writeSync(out, chunk, 0, length);
  } finally {
    closeSync(out);
  }
}

function copyOne(inside: Inside, from: string, to: string): void {
  inside.with(inside.open(from, openFlags.pathNoFollow), (found) => {
    const status = fstatSync(found);
    if (status.isSymbolicLink()) symlinkSync(readlinkSync(`/proc/self/fd/${found}`), to);
    else if (status.isDirectory()) {
      mkdirSync(to);
      copyUp(inside, from, to);
    } else if (status.isFile()) inside.with(inside.open(from, constants.O_RDONLY | constants.O_NOFOLLOW), (fd) => copyBytes(fd, to, 0o600));
    else throw new RuntimeError(`tmpcopyup: ${from} is neither a file, a folder nor a link`);
    lchownSync(to, status.uid, status.gid);
    if (!status.isSymbolicLink()) chmodSync(to, status.mode & 0o7777);
  });
}

/** `from` is a path of the container, `to` one that leads into the new file system through its descriptor. */
export function copyUp(inside: Inside, from: string, to: string): void {
  const names = inside.with(inside.open(from, constants.O_RDONLY | constants.O_DIRECTORY), (fd) => readdirSync(`/proc/self/fd/${fd}`));
  for (const name of names) copyOne(inside, join(from, name), join(to, name));
}
