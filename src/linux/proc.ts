// Reading /proc: who a process is, what it may do, what it costs.
// Invariant: a process is named by pid AND start time; a pid alone may already be somebody else.
// Called by: adoption after a crash (cri/containerd, compose), `status`, the node's capacity. Next on the way: mounts.ts.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot, as text so that nobody calculates with it. */
  readonly startTime: string;
}

/** The fields of a stat line after the command name, which may itself hold spaces and brackets. */
export function statFields(stat: string): readonly string[] {
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
}

/** The process's start time, or undefined when it is gone (a zombie counts as gone). */
export function processStartTime(pid: number): string | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isRunning(identity: ProcessIdentity): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

export function parentProcess(pid: number): number | undefined {
  try {
    return Number(statFields(readFileSync(`/proc/${pid}/stat`, "latin1"))[1]);
  } catch {
    return undefined;
  }
}

/** Paths of the unix sockets that a process of this network namespace has open. */
export function unixSockets(pid: number): readonly string[] {
  try {
    const inodes = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketInode(`/proc/${pid}/fd/${fd}`) ?? []));
    // Num RefCount Protocol Flags Type St Inode Path
    const rows = readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/ +/));
    return [...new Set(rows.filter((row) => row[7] !== undefined && inodes.has(row[6]!)).map((row) => row[7]!))];
  } catch {
    return [];
  }
}

function socketInode(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined; // Closed between the listing and the reading.
  }
}

/** Command line of a process as its arguments; empty when it is gone or a kernel thread. */
export function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

export function processIds(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The user a process runs as; undefined when it is gone. */
export function processOwner(pid: number): number | undefined {
  try {
    const match = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}

/** What a process's own user may read of it, root without CAP_SYS_PTRACE (as in most containers) may not: root asks as that user then. */
function memoryMap(pid: number): string {
  const path = `/proc/${pid}/smaps_rollup`;
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const owner = processOwner(pid);
    if ((error as NodeJS.ErrnoException).code !== "EACCES" || !owner || process.getuid?.() !== 0) throw error;
    return execFileSync("cat", [path], { uid: owner, gid: owner, encoding: "latin1", stdio: "pipe", timeout: 2000 });
  }
}

/** Proportional set size in bytes: shared pages are counted in shares, so sums over processes are honest. */
export function proportionalSetSize(pid: number): number | undefined {
  try {
    const match = /^Pss:\s+(\d+) kB$/m.exec(memoryMap(pid));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** Bit numbers of <linux/capability.h> that dhow asks about. */
export const capabilityBits = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
} as const;
export type Capability = keyof typeof capabilityBits;

export function parseEffectiveCapabilities(status: string): bigint {
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  return match ? BigInt(`0x${match[1]}`) : 0n;
}

export function hasCapability(capability: Capability): boolean {
  const effective = parseEffectiveCapabilities(readFileSync("/proc/self/status", "latin1"));
  return ((effective >> BigInt(capabilityBits[capability])) & 1n) === 1n;
}
