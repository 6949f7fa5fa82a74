// What the runtime knows about the machine it runs on, gathered once and handed to every command.
// Invariant: reads only; commands get the kernel, the clock and these facts from here and from nowhere else.
// Called by: cli/main, and whoever uses the runtime as a library. Next on the way: create.ts.

import { existsSync, readFileSync } from "node:fs";
import { openSyscalls, type Syscalls } from "#linux";
import type { MachineFeatures } from "./validate.ts";

export interface Machine {
  readonly syscalls: Syscalls;
  readonly features: MachineFeatures;
  /** The last capability this kernel knows. */
  readonly lastCapability: number;
  readonly softNofile: number | undefined;
  readonly rootless: boolean;
  /** How Node is told to become an init stage: the file it starts with. */
  readonly entry: readonly string[];
  readonly nowMs: () => number;
}

export function openMachine(options: { entry: readonly string[]; softNofile?: number | undefined }): Machine {
  return {
    syscalls: openSyscalls(),
    features: { appArmor: appArmorEnabled(), seLinux: existsSync("/sys/fs/selinux/enforce") },
    lastCapability: Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8")),
    softNofile: options.softNofile,
    rootless: process.getuid?.() !== 0,
    entry: options.entry,
    nowMs: () => Date.now(),
  };
}

/** A kernel can have the module and be told at boot not to use it. */
function appArmorEnabled(): boolean {
  const path = "/sys/module/apparmor/parameters/enabled";
  return existsSync(path) && readFileSync(path, "utf8").startsWith("Y");
}

/** A moment between two looks at the kernel, for loops that have a bound. */
export function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}
