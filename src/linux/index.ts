// The door of linux/: what dhow asks of the kernel, today by /proc, /sys and short commands.
// Invariant: no Kubernetes word; reading never changes anything, changing names its target.

export { cgroupFolders, cgroupHierarchies, cgroupProcesses, processCgroups, removeCgroup, removeEmptyCgroup } from "./cgroups.ts";
export { type MachineFacts, machineFacts, primaryAddress } from "./machine.ts";
export { type Mount, mounts, mountsBelow, run, unmountBelow } from "./mounts.ts";
export {
  type Capability,
  commandLine,
  hasCapability,
  isRunning,
  parentProcess,
  type ProcessIdentity,
  processIds,
  processOwner,
  processStartTime,
  proportionalSetSize,
  unixSockets,
} from "./proc.ts";
export { parseRoutes, type Route, routes } from "./routes.ts";
export { availableMemoryBytes, type CgroupFacts, cgroupFacts, freeDiskBytes } from "./room.ts";
export * from "./kernel.ts";
