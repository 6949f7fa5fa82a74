// The second half of the door: what a runtime for containers asks of the kernel, by system calls and control groups.
// Invariant: node:ffi is loaded only by openSyscalls; whoever asks for nothing here pays nothing.
// Called by: runtime/. Next on the way: sys/syscalls.ts.

export { capabilityBits, capabilityMask, capabilityNames } from "./capabilities.ts";
export { type Architecture, elf } from "./elf.ts";
export { Hand } from "./hand/hand.ts";
export { handProgram, hasHand } from "./hand/program.ts";
export { actionNames, flagNames, operatorNames, readProfile, type SeccompProfile } from "./seccomp/profile.ts";
export { assembleFilter, type SeccompFilter } from "./seccomp/filter.ts";
export { architectureNames } from "./seccomp/names.ts";
export * from "./sys/constants.ts";
export { errnoText, isErrno, SyscallError } from "./sys/errors.ts";
export { deviceNumber, type MountChange, openFlags } from "./sys/mounting.ts";
export type { CapabilityMasks } from "./sys/security.ts";
export type { Rlimit, SchedulerSettings } from "./sys/process.ts";
export { type Recording, recordSyscalls } from "./sys/recording.ts";
export type { FileStatus } from "./sys/files.ts";
export { openSyscalls, type Syscalls } from "./sys/syscalls.ts";
export { CgroupGroup, machineHierarchies } from "./cgroups/group.ts";
export type { CgroupResources, DeviceRule } from "./cgroups/resources.ts";
export { cgroupStats } from "./cgroups/stats.ts";
