// User namespaces nobody lives in: the kernel takes the mapping of a mount's owners as one, so each mapping is made one for a moment.
// Invariant: the process that holds it open is ours and ends at once; what stays is a descriptor.
// Called by: create.ts. Next on the way: init/mounts.ts, where the descriptor is laid on a mount.

import { spawn } from "node:child_process";
import { openSync, readlinkSync } from "node:fs";
import type { Syscalls } from "#linux";
import type { Config, IdMapping } from "./config.ts";
import { RuntimeError } from "./errors.ts";
import { pause } from "./machine.ts";
import { planMount } from "./mount-options.ts";
import { tool, writeMap } from "./user-namespace.ts";

export interface MappedMount {
  /** Index in `mounts`. */
  readonly mount: number;
  readonly namespace: number;
}

const attempts = 5000;

function holdNamespace(syscalls: Syscalls, uids: readonly IdMapping[], gids: readonly IdMapping[]): number {
  const child = spawn(tool("unshare"), ["--user", "--", tool("sleep"), "60"], { stdio: "ignore", env: {} });
  const { pid } = child;
  if (pid === undefined) throw new RuntimeError("unable to make a user namespace for a mount");
  try {
    const own = readlinkSync("/proc/self/ns/user");
    for (let attempt = 0; readlinkSync(`/proc/${pid}/ns/user`) === own; attempt++) {
      if (attempt === attempts || child.exitCode !== null) throw new RuntimeError("unable to make a user namespace for a mount");
      pause();
    }
    writeMap(syscalls, pid, "uid", uids);
    writeMap(syscalls, pid, "gid", gids);
    return openSync(`/proc/${pid}/ns/user`, "r");
  } finally {
    child.kill("SIGKILL");
    child.unref();
  }
}

/** Mappings of the mount's own, or, where it only says "idmap", those of the container. */
export function mappedMounts(syscalls: Syscalls, config: Config): MappedMount[] {
  return (config.mounts ?? []).flatMap(({ uidMappings = [], gidMappings = [], options, type }, mount) => {
    if (uidMappings.length > 0) return [{ mount, namespace: holdNamespace(syscalls, uidMappings, gidMappings) }];
    if (planMount(options, type).idmap === false) return [];
    return [{ mount, namespace: holdNamespace(syscalls, config.linux?.uidMappings ?? [], config.linux?.gidMappings ?? []) }];
  });
}
