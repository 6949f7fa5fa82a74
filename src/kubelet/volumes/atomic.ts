// A folder of files that changes as one: whoever reads it sees the old set or the new one, never a mixture.
// Invariant: `..data` is the only thing that moves; the names outside are links through it, so a rename switches them all.
// Called by: host.ts for configMap, secret, downwardAPI and projected volumes. Next on the way: the container's bind mount.
// Format: `..2006_01_02_15_04_05.x/` holds the files, `..data` links to it, each top name links to `..data/NAME`; as upstream.

import {
  chmodSync,
  chownSync,
  type Dirent,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { rfc3339 } from "#lib";
import type { VolumeFile } from "./files.ts";

export interface Ownership {
  /** The pod's fsGroup: files are its, and it may read them. */
  readonly group?: number;
  /** The one user all containers run as, for files that only their owner may read. */
  readonly user?: number;
}

const data = "..data";
const groupMay = { read: 0o440, enter: 0o2110 } as const;

export function modeOf(file: VolumeFile, owner: Ownership): number {
  return owner.group === undefined ? file.mode : file.mode | groupMay.read;
}

/** The agent's own user, root wherever containers are real: whose files stay unless they are one user's alone. */
const ownUid = (): number => process.getuid?.() ?? 0;

const uidOf = (file: VolumeFile, owner: Ownership): number => (file.private ? (owner.user ?? ownUid()) : ownUid());

/** Everything in the folder as it should be already: then nothing is touched, and no reader is woken. */
function isCurrent(directory: string, files: readonly VolumeFile[], owner: Ownership): boolean {
  const found: string[] = [];
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(folder, entry.name), `${prefix}${entry.name}/`);
      else found.push(prefix + entry.name);
    }
  };
  const root = join(directory, data);
  if (!existsSync(root)) return false;
  walk(root, "");
  if (found.length !== files.length) return false;
  return files.every((file) => {
    const path = join(root, file.path);
    if (!existsSync(path)) return false;
    const { mode, gid, uid } = lstatSync(path);
    const owned = (owner.group === undefined || gid === owner.group) && uid === uidOf(file, owner);
    return (mode & 0o777) === (modeOf(file, owner) & 0o777) && owned && readFileSync(path).equals(file.content);
  });
}

function writeFiles(folder: string, files: readonly VolumeFile[], owner: Ownership): void {
  chmodSync(folder, owner.group === undefined ? 0o755 : 0o755 | groupMay.enter);
  if (owner.group !== undefined) chownSync(folder, 0, owner.group);
  for (const file of files) {
    const path = join(folder, file.path);
    const parent = dirname(path);
    if (parent !== folder && !existsSync(parent)) {
      mkdirSync(parent, { recursive: true, mode: 0o755 });
      if (owner.group !== undefined) chownSync(parent, 0, owner.group);
    }
    writeFileSync(path, file.content);
    if (owner.group !== undefined || uidOf(file, owner) !== ownUid()) chownSync(path, uidOf(file, owner), owner.group ?? 0);
    chmodSync(path, modeOf(file, owner));
  }
}

/** A link that leads elsewhere, or none, is replaced by a rename; a right one stays. */
function link(target: string, path: string): void {
  const exists = lstatSync(path, { throwIfNoEntry: false });
  if (exists?.isSymbolicLink() && readlinkSync(path) === target) return;
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  symlinkSync(target, fresh);
  renameSync(fresh, path);
}

const outside = (entry: Dirent): boolean => !entry.name.startsWith("..");

/** True when the folder changed. */
export function writeAtomically(directory: string, files: readonly VolumeFile[], owner: Ownership, nowMs: number): boolean {
  if (isCurrent(directory, files, owner)) return false;
  const stamp = rfc3339(nowMs).replace("Z", "").replaceAll(/[-:T]/g, "_");
  const before = existsSync(join(directory, data)) ? readlinkSync(join(directory, data)) : undefined;
  const folder = mkdtempSync(join(directory, `..${stamp}.`));
  writeFiles(folder, files, owner);
  const pointer = join(directory, `${data}_tmp`);
  rmSync(pointer, { force: true });
  symlinkSync(folder.slice(directory.length + 1), pointer);
  renameSync(pointer, join(directory, data));
  const tops = new Set(files.map((file) => file.path.split("/")[0]!));
  for (const name of tops) link(`${data}/${name}`, join(directory, name));
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (outside(entry) && !tops.has(entry.name)) rmSync(join(directory, entry.name), { recursive: true, force: true });
  if (before !== undefined && !before.includes("/")) rmSync(join(directory, before), { recursive: true, force: true });
  return true;
}
