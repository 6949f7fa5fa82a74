// Paths the container must not read, and paths it must not write.
// Invariant: a path is hidden by what was checked to be the null device or an empty folder; one that does not exist needs no hiding.
// Called by: rootfs.ts. Next on the way: console.ts.

import { mountAttributes, type Syscalls } from "#linux";
import { openNull } from "./devices.ts";
import type { Inside } from "./inside.ts";
import { makeFileSystem } from "./mounts.ts";

const nullDevice = 0x103;

export function maskPaths(syscalls: Syscalls, inside: Inside, paths: readonly string[]): void {
  if (paths.length === 0) return;
  inside.with(
    openNull(syscalls, (fd) => syscalls.status(fd).device === nullDevice),
    (nothing) => {
      for (const path of paths) {
        const target = inside.tryOpen(path);
        if (target === undefined) continue;
        inside.with(target, (fd) =>
          inside.with(
            syscalls.status(fd).type === "folder" ? emptyFolder(syscalls) : syscalls.openTree(nothing, "", { recursive: false }),
            (tree) => syscalls.moveMount(tree, fd),
          ),
        );
      }
    },
  );
}

function emptyFolder(syscalls: Syscalls): number {
  return makeFileSystem(syscalls, { type: "tmpfs", source: "tmpfs", data: [], superFlags: ["ro"] }, mountAttributes.readonly);
}

export function makeReadonly(syscalls: Syscalls, inside: Inside, paths: readonly string[]): void {
  for (const path of paths) {
    const target = inside.tryOpen(path);
    if (target === undefined) continue;
    inside.with(target, (fd) =>
      inside.with(syscalls.openTree(fd, "", { recursive: true }), (tree) => {
        syscalls.together(() => {
          syscalls.mountSetattr(tree, { set: mountAttributes.readonly });
          syscalls.moveMount(tree, fd);
        });
      }),
    );
  }
}
