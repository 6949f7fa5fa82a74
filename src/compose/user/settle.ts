// Who owns what in a state folder whose serving parts run as a user of their own: the folders all share, and what each part writes.
// Invariant: root follows no link and gives away no file with a second name; the authority's key, the admin's and every real node's stay root's.
// Called by: bring-up.ts under the lock, cluster.ts before each start of a part. Next on the way: the part itself, after the drop.

import { chmodSync, chownSync, closeSync, constants, fchownSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { StatePaths } from "../state/paths.ts";
import { servingKeys } from "../state/pki.ts";
import { root, type User } from "./number.ts";

/** Who shall own a thing that lies in a folder of root's, and who may do what with it. */
export interface Ownership extends User {
  readonly path: string;
  readonly mode: number;
}

/** Folders that root keeps and the user goes through; in those of logs and traces each may rename and remove only its own. */
export function sharedFolders(paths: StatePaths, user: User): readonly Ownership[] {
  const dropped = user.uid !== root.uid;
  const of = (path: string, mode: number): Ownership => ({ path, uid: root.uid, gid: user.gid, mode: dropped ? mode : 0o700 });
  return [of(paths.directory, 0o710), of(paths.run, 0o750), of(paths.pki, 0o710), of(paths.logs, 0o1770), of(paths.traces, 0o1770)];
}

export function keyFiles(paths: StatePaths, user: User): readonly Ownership[] {
  return servingKeys.map((name) => ({ path: join(paths.pki, name), ...user, mode: 0o600 }));
}

/** Does nothing where nothing differs. */
export function settle(things: readonly Ownership[]): void {
  for (const { path, uid, gid, mode } of things) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found || found.isSymbolicLink()) continue;
    if (found.uid !== uid || found.gid !== gid) chownSync(path, uid, gid);
    if ((found.mode & 0o7777) !== mode) chmodSync(path, mode);
  }
}

const follow = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A folder or file and all below it. Each is opened first and judged by what was opened, so nobody can put another in its place. */
export function handOver(path: string, user: User, give: (descriptor: number, uid: number, gid: number) => void = fchownSync): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, follow);
  } catch (error) {
    // Gone meanwhile, or a link: neither is handed to anybody.
    if (["ENOENT", "ELOOP", "ENXIO"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
    throw error;
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isDirectory() && !(found.isFile() && found.nlink === 1)) return;
    if (found.isDirectory()) {
      const here = `/proc/self/fd/${descriptor}`;
      for (const entry of readdirSync(here, { withFileTypes: true })) {
        const below = join(here, entry.name);
        if (entry.isDirectory() || (entry.isFile() && lstatSync(below, { throwIfNoEntry: false })?.uid !== user.uid))
          handOver(below, user, give);
      }
    }
    if (found.uid !== user.uid || found.gid !== user.gid) give(descriptor, user.uid, user.gid);
  } finally {
    closeSync(descriptor);
  }
}

/** What one part writes: its log and its spans with their older generations, and the folders that are its own. */
export function settlePart(paths: StatePaths, part: string, folders: readonly string[], user: User): void {
  for (const end of ["", ".1"]) {
    handOver(join(paths.logs, `${part}.log${end}`), user);
    handOver(join(paths.traces, `${part}.jsonl${end}`), user);
  }
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    handOver(folder, user);
  }
}

/** Compiled code of this cluster's parts alone: whoever writes such a cache decides what its readers run. */
export function cacheFolder(home: string, user: User): string {
  return join(home, ".cache", `user-${user.uid}`);
}

export function settleCache(home: string, user: User): void {
  const folder = cacheFolder(home, user);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  settle([{ path: folder, ...user, mode: 0o700 }]);
}
