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
export { availableMemoryBytes, type CgroupFacts, cgroupFacts, freeDiskBytes } from "./room.ts";
export { capabilityBits, capabilityMask, capabilityNames } from "./capabilities.ts";
export { actionNames, flagNames, operatorNames, readProfile, type SeccompProfile } from "./seccomp/profile.ts";
export { assembleFilter, type SeccompFilter } from "./seccomp/filter.ts";
export { architectureNames } from "./seccomp/tables.ts";
export * from "./sys/constants.ts";
export { errnoText, isErrno, SyscallError } from "./sys/errors.ts";
export { deviceNumber, type MountChange, openFlags } from "./sys/mounting.ts";
export type { Rlimit, SchedulerSettings } from "./sys/process.ts";
export { type Recording, recordSyscalls } from "./sys/recording.ts";
export { openSyscalls, type Syscalls } from "./sys/syscalls.ts";
export { CgroupGroup, machineHierarchies } from "./cgroups/group.ts";
export type { CgroupResources, DeviceRule } from "./cgroups/resources.ts";
export { cgroupStats } from "./cgroups/stats.ts";
