// `update` and `events`: a container's limits changed while it runs, and what it uses.
// Invariant: only what is named changes; devices are left as they are.
// Called by: cli/. Next on the way: linux/cgroups/.

import { type CgroupResources, cgroupStats, type Syscalls } from "#linux";
import { RuntimeError } from "./errors.ts";
import { groupOf, loadState, saveState, statusOf } from "./state.ts";

/** New values over old ones, one level deep, as the parts of `resources` are. */
function merged(old: CgroupResources, given: CgroupResources): CgroupResources {
  const result: Record<string, unknown> = { ...old };
  for (const [key, value] of Object.entries(given)) {
    const before = result[key];
    const both = typeof value === "object" && value !== null && !Array.isArray(value) && typeof before === "object" && before !== null;
    result[key] = both ? { ...before, ...(value as object) } : value;
  }
  return result;
}

export function update(syscalls: Syscalls, root: string, id: string, given: CgroupResources): void {
  const state = loadState(root, id);
  if (statusOf(root, state) === "stopped") throw new RuntimeError("container not running");
  const { devices: _devices, ...resources } = given;
  groupOf(state).apply(resources, syscalls);
  const linux = { ...state.config.linux, resources: merged(state.config.linux?.resources ?? {}, resources) };
  saveState(root, { ...state, config: { ...state.config, linux } });
}

export interface ContainerEvent {
  readonly type: "stats" | "oom";
  readonly id: string;
  readonly data?: unknown;
}

/** One look; `oomKillsBefore` tells what is new. */
export function look(
  root: string,
  id: string,
  oomKillsBefore: number,
): { events: readonly ContainerEvent[]; oomKills: number } | undefined {
  const state = loadState(root, id);
  if (statusOf(root, state) === "stopped") return undefined;
  const { oomKills, ...data } = cgroupStats(groupOf(state));
  const stats: ContainerEvent = { type: "stats", id, data: { ...data, blkio: {}, hugetlb: {}, intel_rdt: {}, network_interfaces: null } };
  return { events: oomKills > oomKillsBefore ? [{ type: "oom", id }, stats] : [stats], oomKills };
}
