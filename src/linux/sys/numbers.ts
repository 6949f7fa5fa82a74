// The numbers of the system calls dhow makes, for the processors it runs on.
// Invariant: a call that is not in this table cannot be made; from 424 on the numbers are the same everywhere.
// Called by: raw.ts. Next on the way: raw.ts.

/** Name → [x86-64, arm64]. */
export const callNumbers = {
  ioctl: [16, 29],
  getpid: [39, 172],
  socket: [41, 198],
  connect: [42, 203],
  sendmsg: [46, 211],
  recvmsg: [47, 212],
  socketpair: [53, 199],
  execve: [59, 221],
  kill: [62, 129],
  fcntl: [72, 25],
  getcwd: [79, 17],
  chdir: [80, 49],
  fchdir: [81, 50],
  umask: [95, 166],
  setsid: [112, 157],
  setgroups: [116, 159],
  setresuid: [117, 147],
  setresgid: [119, 149],
  capget: [125, 90],
  capset: [126, 91],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  mknodat: [259, 33],
  mkdirat: [258, 34],
  symlinkat: [266, 36],
  fchownat: [260, 54],
  fchmod: [91, 52],
  readlinkat: [267, 78],
  faccessat: [269, 48],
  personality: [135, 92],
  chroot: [161, 51],
  pivot_root: [155, 41],
  prctl: [157, 167],
  mount: [165, 40],
  umount2: [166, 39],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  exit_group: [231, 94],
  keyctl: [250, 219],
  ioprio_set: [251, 30],
  unshare: [272, 97],
  ppoll: [271, 73],
  dup3: [292, 24],
  pipe2: [293, 59],
  prlimit64: [302, 261],
  setns: [308, 268],
  sched_setattr: [314, 274],
  seccomp: [317, 277],
  bpf: [321, 280],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  pidfd_open: [434, 434],
  pidfd_send_signal: [424, 424],
  close_range: [436, 436],
  openat2: [437, 437],
  mount_setattr: [442, 442],
} as const satisfies Record<string, readonly [number, number]>;

export type CallName = keyof typeof callNumbers;

export function callNumber(name: CallName, architecture: string): number {
  const column = architecture === "x64" ? 0 : architecture === "arm64" ? 1 : undefined;
  if (column === undefined) throw new Error(`no system call numbers for the processor ${architecture}`);
  return callNumbers[name][column];
}
