// What makes a process this process: namespaces, identity, limits, signals, scheduling, and becoming another program.
// Invariant: each call changes the calling thread alone, which is the one that execve keeps.
// Called by: syscalls.ts. Next on the way: security.ts.

import { CLOSE_RANGE_CLOEXEC } from "./constants.ts";
import { SyscallError } from "./errors.ts";
import type { RawCall } from "./raw.ts";

export interface Rlimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

export interface SchedulerSettings {
  readonly policy: number;
  readonly flags: bigint;
  readonly nice: number;
  readonly priority: number;
  readonly runtime: bigint;
  readonly deadline: bigint;
  readonly period: bigint;
}

export interface ProcessCalls {
  unshare(flags: number): void;
  setns(fd: number, type: number): void;
  sethostname(name: string): void;
  setdomainname(name: string): void;
  setsid(): void;
  setgroups(groups: readonly number[]): void;
  setresgid(gid: number): void;
  setresuid(uid: number): void;
  setRlimit(resource: number, limit: Rlimit): void;
  getRlimit(resource: number): Rlimit;
  kill(pid: number, signal: number): void;
  pidfdOpen(pid: number): number;
  pidfdSendSignal(pidfd: number, signal: number): void;
  /** Every signal to its default, none blocked: Node ignores two, and ignored signals stay ignored through execve. */
  resetSignals(): void;
  closeOnExecFrom(fd: number): void;
  /** Node closes even standard input and output on exec. */
  keepOnExec(fd: number): void;
  personality(persona: number): void;
  ioprioSet(classAndLevel: number): void;
  schedSetattr(settings: SchedulerSettings): void;
  joinNewSessionKeyring(name: string): void;
  /** A nameless file in memory with these bytes, which nobody can change any more. */
  sealedFile(name: string, bytes: Uint8Array): number;
  /** What `ps` calls the process. */
  setName(name: string): void;
  execve(path: string, args: readonly string[], env: readonly string[]): never;
}

const signals = 64;
const F_SETFD = 2;
const F_ADD_SEALS = 1033;
/** No writing, growing, shrinking, nor another word about it. */
const allSeals = 15;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const PR_SET_NAME = 15;
const sigsetBytes = 8;
const SIG_SETMASK = 2;
const KEYCTL_JOIN_SESSION_KEYRING = 1;
const IOPRIO_WHO_PROCESS = 1;

function idList(ids: readonly number[]): Buffer {
  const list = Buffer.alloc(Math.max(4, ids.length * 4));
  for (const [index, id] of ids.entries()) list.writeUInt32LE(id, index * 4);
  return list;
}

function scheduling(settings: SchedulerSettings): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32LE(48, 0);
  bytes.writeUInt32LE(settings.policy, 4);
  bytes.writeBigUInt64LE(settings.flags, 8);
  bytes.writeInt32LE(settings.nice, 16);
  bytes.writeUInt32LE(settings.priority, 20);
  bytes.writeBigUInt64LE(settings.runtime, 24);
  bytes.writeBigUInt64LE(settings.deadline, 32);
  bytes.writeBigUInt64LE(settings.period, 40);
  return bytes;
}

function resetSignals(raw: RawCall): void {
  const byDefault = Buffer.alloc(32);
  for (let signal = 1; signal <= signals; signal++) {
    try {
      raw("rt_sigaction", [signal, byDefault, 0, sigsetBytes]);
    } catch (error) {
      // SIGKILL and SIGSTOP cannot be anything else.
      if (!(error instanceof SyscallError)) throw error;
    }
  }
  raw("rt_sigprocmask", [SIG_SETMASK, Buffer.alloc(sigsetBytes), 0, sigsetBytes]);
}

function sealedFile(raw: RawCall, name: string, bytes: Uint8Array): number {
  const fd = raw("memfd_create", [name, MFD_CLOEXEC | MFD_ALLOW_SEALING], name);
  raw("write", [fd, bytes, bytes.length], name);
  raw("fcntl", [fd, F_ADD_SEALS, allSeals], name);
  return fd;
}

export function processCalls(raw: RawCall): ProcessCalls {
  return {
    unshare: (flags) => void raw("unshare", [flags]),
    setns: (fd, type) => void raw("setns", [fd, type]),
    sethostname: (name) => void raw("sethostname", [name, Buffer.byteLength(name)], name),
    setdomainname: (name) => void raw("setdomainname", [name, Buffer.byteLength(name)], name),
    setsid: () => void raw("setsid", []),
    setgroups: (groups) => void raw("setgroups", [groups.length, idList(groups)]),
    setresgid: (gid) => void raw("setresgid", [gid, gid, gid], `${gid}`),
    setresuid: (uid) => void raw("setresuid", [uid, uid, uid], `${uid}`),
    setRlimit(resource, { soft, hard }) {
      const limit = Buffer.alloc(16);
      limit.writeBigUInt64LE(soft, 0);
      limit.writeBigUInt64LE(hard, 8);
      raw("prlimit64", [0, resource, limit, 0]);
    },
    getRlimit(resource) {
      const limit = Buffer.alloc(16);
      raw("prlimit64", [0, resource, 0, limit]);
      return { soft: limit.readBigUInt64LE(0), hard: limit.readBigUInt64LE(8) };
    },
    kill: (pid, signal) => void raw("kill", [pid, signal]),
    pidfdOpen: (pid) => raw("pidfd_open", [pid, 0]),
    pidfdSendSignal: (pidfd, signal) => void raw("pidfd_send_signal", [pidfd, signal, 0, 0]),
    resetSignals: () => resetSignals(raw),
    closeOnExecFrom: (fd) => void raw("close_range", [fd, 0xffffffff, CLOSE_RANGE_CLOEXEC]),
    keepOnExec: (fd) => void raw("fcntl", [fd, F_SETFD, 0]),
    personality: (persona) => void raw("personality", [persona]),
    ioprioSet: (classAndLevel) => void raw("ioprio_set", [IOPRIO_WHO_PROCESS, 0, classAndLevel]),
    schedSetattr: (settings) => void raw("sched_setattr", [0, scheduling(settings), 0]),
    joinNewSessionKeyring: (name) => void raw("keyctl", [KEYCTL_JOIN_SESSION_KEYRING, name]),
    sealedFile: (name, bytes) => sealedFile(raw, name, bytes),
    setName: (name) => void raw("prctl", [PR_SET_NAME, name, 0, 0, 0]),
    execve(path, args, env) {
      raw("execve", [path, args, env], path);
      throw new Error("execve returned");
    },
  };
}
