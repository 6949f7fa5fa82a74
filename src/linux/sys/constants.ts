// Flags and commands of the system calls, by the kernel's own names.
// Invariant: only what does not differ between x86-64 and arm64, except O_ flags, which node:fs knows.
// Called by: syscalls.ts, and whoever passes flags. Next on the way: syscalls.ts.

export const namespaceFlags = {
  time: 0x80,
  mount: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
} as const;
export type NamespaceType = keyof typeof namespaceFlags;
/** Shared root and working directory of the threads of a process; must end before a mount namespace can be joined. */
export const CLONE_FS = 0x200;

/** Names below /proc/PID/ns. */
export const namespaceFiles: Readonly<Record<NamespaceType, string>> = {
  time: "time",
  mount: "mnt",
  cgroup: "cgroup",
  uts: "uts",
  ipc: "ipc",
  user: "user",
  pid: "pid",
  network: "net",
};

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_EMPTY_PATH = 0x1000;
export const AT_RECURSIVE = 0x8000;

export const resolveFlags = { noXdev: 1, noMagiclinks: 2, noSymlinks: 4, beneath: 8, inRoot: 16 } as const;

export const mountAttributes = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  /** Of the three ways to note access times, 0 is relatime; cleared as a group. */
  atimeMask: 0x70,
  relatime: 0x0,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  idmap: 0x100000,
  nosymfollow: 0x200000,
} as const;

export const propagationFlags = { unbindable: 1 << 17, private: 1 << 18, slave: 1 << 19, shared: 1 << 20 } as const;
export type Propagation = keyof typeof propagationFlags;

export const fsconfigCommands = { flag: 0, string: 1, create: 6, reconfigure: 7 } as const;
export const MNT_DETACH = 2;

export const prctlOptions = {
  setPdeathsig: 1,
  setDumpable: 4,
  setKeepcaps: 8,
  capbsetRead: 23,
  capbsetDrop: 24,
  setChildSubreaper: 36,
  setNoNewPrivs: 38,
  capAmbient: 47,
} as const;
export const capAmbient = { raise: 2, clearAll: 4 } as const;

export const rlimits: Readonly<Record<string, number>> = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
};

export const terminalRequests = {
  setControlling: 0x540e,
  setSize: 0x5414,
  getPeer: 0x5441,
  getNumber: 0x80045430,
  setLock: 0x40045431,
} as const;

export const CLOSE_RANGE_CLOEXEC = 4;
export const POLLIN = 1;
