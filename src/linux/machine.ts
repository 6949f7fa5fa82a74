// What this machine is: processors, memory, kernel, ids. The facts a node says about itself.
// Invariant: reads only; a fact the machine does not tell is an empty string, never a guess.
// Called by: compose/ for a real node's settings. Next on the way: cgroups.ts.

import { readFileSync, statfsSync } from "node:fs";
import { arch, availableParallelism, machine, networkInterfaces, platform, release } from "node:os";

export interface MachineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly machineId: string;
  readonly bootId: string;
  readonly systemUuid: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly operatingSystem: string;
  /** As Go names it: amd64, arm64. */
  readonly architecture: string;
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

const goArchitectures: Readonly<Record<string, string>> = {
  x64: "amd64",
  arm64: "arm64",
  arm: "arm",
  ia32: "386",
  ppc64: "ppc64le",
  s390x: "s390x",
};

export function parseMemTotal(meminfo: string): number {
  const match = /^MemTotal:\s+(\d+) kB$/m.exec(meminfo);
  return match ? Number(match[1]) * 1024 : 0;
}

export function parseOsRelease(osRelease: string): string {
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? "";
}

export function machineFacts(directory: string): MachineFacts {
  const disk = statfsSync(directory);
  return {
    cpus: availableParallelism(),
    memoryBytes: parseMemTotal(text("/proc/meminfo")),
    diskBytes: disk.blocks * disk.bsize,
    machineId: text("/etc/machine-id"),
    bootId: text("/proc/sys/kernel/random/boot_id"),
    systemUuid: text("/sys/class/dmi/id/product_uuid") || text("/etc/machine-id"),
    kernelVersion: release(),
    osImage: parseOsRelease(text("/etc/os-release")) || machine(),
    operatingSystem: platform(),
    architecture: goArchitectures[arch()] ?? arch(),
  };
}

/** The first address of a real interface that is up; loopback where there is none. */
export function primaryAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const address of addresses ?? []) if (!address.internal && address.family === "IPv4") return address.address;
  }
  return "127.0.0.1";
}
