// Paths of volumes: what a hostPath must be, who owns an emptyDir, and that a sub path stays in its volume.
// Invariant: a sub path is resolved to what it really is before it is mounted; a link out of the volume is refused.
// Called by: host.ts. Next on the way: containers/mounts.ts.

import { chmodSync, chownSync, existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Quantity } from "#api";

type Kind = "directory" | "file" | "socket" | "character device" | "block device";

function kindOf(path: string): Kind | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isDirectory()) return "directory";
  if (found.isSocket()) return "socket";
  if (found.isCharacterDevice()) return "character device";
  return found.isBlockDevice() ? "block device" : "file";
}

const demanded: Readonly<Record<string, Kind>> = {
  Directory: "directory",
  File: "file",
  Socket: "socket",
  CharDevice: "character device",
  BlockDevice: "block device",
};

/** As upstream checks a hostPath's type. */
export function checkHostPath(path: string, type: string): void {
  const found = kindOf(path);
  if (type === "") return;
  if (type === "DirectoryOrCreate" && found === undefined) mkdirSync(path, { recursive: true, mode: 0o755 });
  else if (type === "FileOrCreate" && found === undefined) writeFileSync(path, "", { mode: 0o644 });
  else {
    const wanted = demanded[type.replace("OrCreate", "")];
    if (wanted === undefined) throw new Error(`hostPath type ${type} is not supported by dhow`);
    if (found !== wanted) throw new Error(`hostPath type check failed: ${path} is not a ${wanted}`);
  }
}

/** A fresh folder of a pod with fsGroup: the group may do all, and what is made in it is the group's too. */
export function giveToGroup(path: string, group: number): void {
  chownSync(path, -1, group);
  chmodSync(path, (statSync(path).mode & 0o7777) | 0o2770);
}

/** Bytes: the limit that was set, at most the machine's memory; upstream's default is half of that. */
export function tmpfsSize(sizeLimit: string | undefined, memoryBytes: number): number {
  const limit = sizeLimit === undefined ? 0 : Math.ceil(Number(Quantity.parse(sizeLimit).milli()) / 1000);
  return limit > 0 ? Math.min(limit, memoryBytes) : Math.floor(memoryBytes / 2);
}

export function prepareSubPath(volumePath: string, hostPath: string): string {
  const root = realpathSync(volumePath);
  const inside = (path: string): boolean => path === root || path.startsWith(`${root}/`);
  if (!existsSync(hostPath)) {
    // The nearest part that exists must lie inside before anything is made below it.
    let parent = dirname(hostPath);
    while (!existsSync(parent)) parent = dirname(parent);
    if (!inside(realpathSync(parent))) throw new Error(`subPath ${hostPath} leaves its volume`);
    const { mode, gid } = statSync(root);
    mkdirSync(hostPath, { recursive: true });
    chmodSync(hostPath, mode & 0o7777);
    chownSync(hostPath, -1, gid);
  }
  const real = realpathSync(hostPath);
  if (!inside(real)) throw new Error(`subPath ${hostPath} leaves its volume`);
  return real;
}
