"use strict";
// Made by `npm run bundle` from src/runtime and what it uses: read those.
const known = {};
const loaded = [];
function later(file) {
  if (loaded[file]) return loaded[file];
  for (let before = 1; before < file; before++) later(before);
  return (loaded[file] = require(["./dhow-runtime.gen.cjs","./dhow-runtime-more.gen.cjs","./dhow-runtime-filter.gen.cjs"][file])(known, later));
}
// src/linux/sys/errors.ts
const m0 = known.m0 = (() => {
const { constants: constants } = require("node:os");
function getSystemErrorMap(...args) { return new.target ? new (require("node:util").getSystemErrorMap)(...args) : require("node:util").getSystemErrorMap(...args); }
function errnoName(errno        )         {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`;
}
function errnoText(errno        )         {
  return getSystemErrorMap().get(-errno)?.[1] ?? `errno ${errno}`;
}
class SyscallError extends Error {
           call        ;
           errno        ;
           code        ;
  constructor(call        , errno        , about = "") {
    super();
    const words = ()         => `${call}${about === "" ? "" : ` ${about}`}: ${errnoText(errno)}`;
    Object.defineProperty(this, "message", { get: words, configurable: true });
    this.name = "SyscallError";
    this.call = call;
    this.errno = errno;
    this.code = errnoName(errno);
  }
}
function isErrno(error         , ...codes                  )          {
  return error instanceof Error && "code" in error && codes.includes(error.code         );
}
return { errnoName, errnoText, SyscallError, isErrno };
})();
// src/runtime/errors.ts
const m1 = known.m1 = (() => {
class RuntimeError extends Error {
                    name = "RuntimeError";
}
function messageOf(error         )         {
  return error instanceof Error ? error.message : String(error);
}
return { RuntimeError, messageOf };
})();
// src/linux/sys/constants.ts
const m2 = known.m2 = (() => {
const namespaceFlags = {
  time: 0x80,
  mount: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
}         ;
const CLONE_FS = 0x200;
const namespaceFiles                                          = {
  time: "time",
  mount: "mnt",
  cgroup: "cgroup",
  uts: "uts",
  ipc: "ipc",
  user: "user",
  pid: "pid",
  network: "net",
};
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const resolveFlags = { noXdev: 1, noMagiclinks: 2, noSymlinks: 4, beneath: 8, inRoot: 16 }         ;
const mountAttributes = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  atimeMask: 0x70,
  relatime: 0x0,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  idmap: 0x100000,
  nosymfollow: 0x200000,
}         ;
const propagationFlags = { unbindable: 1 << 17, private: 1 << 18, slave: 1 << 19, shared: 1 << 20 }         ;
const fsconfigCommands = { flag: 0, string: 1, create: 6, reconfigure: 7 }         ;
const MNT_DETACH = 2;
const prctlOptions = {
  setPdeathsig: 1,
  setDumpable: 4,
  setKeepcaps: 8,
  capbsetRead: 23,
  capbsetDrop: 24,
  setChildSubreaper: 36,
  setNoNewPrivs: 38,
  capAmbient: 47,
}         ;
const capAmbient = { raise: 2, clearAll: 4 }         ;
const rlimits                                   = {
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
const terminalRequests = {
  setControlling: 0x540e,
  setSize: 0x5414,
  getPeer: 0x5441,
  getNumber: 0x80045430,
  setLock: 0x40045431,
}         ;
const CLOSE_RANGE_CLOEXEC = 4;
const POLLIN = 1;
return { namespaceFlags, CLONE_FS, namespaceFiles, AT_FDCWD, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_RECURSIVE, resolveFlags, mountAttributes, propagationFlags, fsconfigCommands, MNT_DETACH, prctlOptions, capAmbient, rlimits, terminalRequests, CLOSE_RANGE_CLOEXEC, POLLIN };
})();
// src/linux/sys/mounting.ts
const m3 = known.m3 = (() => {
const { constants: constants } = require("node:fs");
const { AT_EMPTY_PATH: AT_EMPTY_PATH } = m2;
const { AT_FDCWD: AT_FDCWD } = m2;
const { AT_RECURSIVE: AT_RECURSIVE } = m2;
const { AT_SYMLINK_NOFOLLOW: AT_SYMLINK_NOFOLLOW } = m2;
const { fsconfigCommands: fsconfigCommands } = m2;
const { MNT_DETACH: MNT_DETACH } = m2;
const { propagationFlags: propagationFlags } = m2;
const OPEN_TREE_CLONE = 1;
const F_EMPTY_PATH = 4;
const T_EMPTY_PATH = 0x40;
const FSPICK_EMPTY_PATH = 8;
const CLOEXEC = 1;
const X_OK = 1;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const openFlags = {
  directory: constants.O_DIRECTORY | O_CLOEXEC,
  path: O_PATH | O_CLOEXEC,
  pathNoFollow: O_PATH | O_CLOEXEC | constants.O_NOFOLLOW,
  pathDirectory: O_PATH | O_CLOEXEC | constants.O_DIRECTORY,
  read: constants.O_RDONLY | O_CLOEXEC,
  readWrite: constants.O_RDWR | O_CLOEXEC | constants.O_NOCTTY,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | O_CLOEXEC,
}         ;
function deviceNumber(major        , minor        )         {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn);
}
function mountCalls(raw         )             {
  return {
    ...fileSystemCalls(raw),
    openat2(directory, path, { flags, mode = 0, resolve = 0 }) {
      const how = Buffer.alloc(24);
      for (const [index, value] of [flags, mode, resolve].entries()) how.writeBigUInt64LE(BigInt(value), index * 8);
      return raw("openat2", [directory, path, how, how.length], path);
    },
    openTree(directory, path, { recursive }) {
      const flags = OPEN_TREE_CLONE | O_CLOEXEC | (recursive ? AT_RECURSIVE : 0) | (path === "" ? AT_EMPTY_PATH : 0);
      return raw("open_tree", [directory, path, flags], path);
    },
    moveMount: (from, onto) => void raw("move_mount", [from, "", onto, "", F_EMPTY_PATH | T_EMPTY_PATH]),
    mountSetattr(fd, { set = 0, clear = 0, propagation, recursive = false, userNamespace }) {
      const attributes = Buffer.alloc(32);
      const values = [set, clear, propagation === undefined ? 0 : propagationFlags[propagation], userNamespace ?? 0];
      for (const [index, value] of values.entries()) attributes.writeBigUInt64LE(BigInt(value), index * 8);
      raw("mount_setattr", [fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attributes, attributes.length]);
    },
    mount: (source, target, type, flags, data) => void raw("mount", [source, target, type, flags, data], `${type} on ${target}`),
    unmountDetached: (path) => void raw("umount2", [path, MNT_DETACH], path),
    pivotRootHere: () => void raw("pivot_root", [".", "."]),
  };
}
function fileSystemCalls(raw         )                  {
  const { flag, string, create, reconfigure } = fsconfigCommands;
  return {
    fsopen: (type) => raw("fsopen", [type, CLOEXEC], type),
    fsconfigFlag: (fd, key) => void raw("fsconfig", [fd, flag, key, 0, 0], key),
    fsconfigString: (fd, key, value) => void raw("fsconfig", [fd, string, key, value, 0], `${key}=${value}`),
    fsconfigCreate: (fd) => void raw("fsconfig", [fd, create, 0, 0, 0], "create"),
    fsconfigReconfigure: (fd) => void raw("fsconfig", [fd, reconfigure, 0, 0, 0], "reconfigure"),
    fsmount: (fd, attributes) => raw("fsmount", [fd, CLOEXEC, attributes]),
    fspick: (fd) => raw("fspick", [fd, "", CLOEXEC | FSPICK_EMPTY_PATH]),
    fchdir: (fd) => void raw("fchdir", [fd]),
    chdir: (path) => void raw("chdir", [path], path),
    getcwd() {
      const path = Buffer.alloc(4096);
      return path.toString("utf8", 0, raw("getcwd", [path, path.length]) - 1);
    },
    mkdirat: (directory, name, mode) => void raw("mkdirat", [directory, name, mode], name),
    mknodat: (directory, name, mode, device) => void raw("mknodat", [directory, name, mode, device], name),
    symlinkat: (target, directory, name) => void raw("symlinkat", [target, directory, name], name),
    readlinkat(directory, name) {
      const target = Buffer.alloc(4096);
      return target.toString("utf8", 0, raw("readlinkat", [directory, name, target, target.length], name));
    },
    chrootHere: () => void raw("chroot", ["."]),
    fchownat: (directory, name, uid, gid) => void raw("fchownat", [directory, name, uid, gid, AT_SYMLINK_NOFOLLOW], name),
    fchmod: (fd, mode) => void raw("fchmod", [fd, mode]),
    mayExecute: (path) => void raw("faccessat", [AT_FDCWD, path, X_OK], path),
    umask: (mask) => raw("umask", [mask]),
  };
}
return { O_PATH, openFlags, deviceNumber, mountCalls };
})();
// src/linux/sys/files.ts
const m4 = known.m4 = (() => {
const { constants: constants } = require("node:fs");
const { AT_EMPTY_PATH: AT_EMPTY_PATH } = m2;
const { AT_FDCWD: AT_FDCWD } = m2;
const { deviceNumber: deviceNumber } = m3;
const O_CLOEXEC = 0o2000000;
const chunkBytes = 16_384;
const LOCK_SH = 1;
const LOCK_EX = 2;
const STATX_BASIC_STATS = 0x7ff;
const typeMask = 0o170000;
const types                                               = { 0o040000: "folder", 0o100000: "file", 0o120000: "link" };
function read(raw         , fd        , length        , about = "")         {
  let memory                    ;
  let address = 0n;
  const room = (given        )         => {
    memory = given;
    address = given.reserve(length);
    return address;
  };
  const count = raw("read", [fd, room, length], about);
  return memory .get(address, count);
}
function write(raw         , fd        , text        , about = "")       {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += raw("write", [fd, bytes.subarray(at), bytes.length - at], about);
}
function status(raw         , directory        , path        , flags        )             {
  const bytes = Buffer.alloc(256);
  raw("statx", [directory, path, flags, STATX_BASIC_STATS, bytes], path);
  const mode = bytes.readUInt16LE(28);
  const device = Number(deviceNumber(bytes.readUInt32LE(128), bytes.readUInt32LE(132)));
  return { type: types[mode & typeMask] ?? "other", mode, uid: bytes.readUInt32LE(20), gid: bytes.readUInt32LE(24), device };
}
function fileCalls(raw         )            {
  const open = (path        , flags        )         => raw("openat", [AT_FDCWD, path, flags | O_CLOEXEC, 0], path);
  return {
    readFile(path) {
      const fd = open(path, constants.O_RDONLY);
      const parts           = [];
      try {
        for (let part = read(raw, fd, chunkBytes, path); part.length > 0; part = read(raw, fd, chunkBytes, path)) parts.push(part);
      } finally {
        raw("close", [fd]);
      }
      return Buffer.concat(parts).toString();
    },
    writeFile(path, text) {
      const fd = open(path, constants.O_WRONLY);
      try {
        write(raw, fd, text, path);
      } finally {
        raw("close", [fd]);
      }
    },
    openRead: (path) => open(path, constants.O_RDONLY),
    openWrite: (path) => open(path, constants.O_WRONLY),
    write: (fd, text) => write(raw, fd, text),
    read: (fd, length) => read(raw, fd, length),
    status: (fd) => status(raw, fd, "", AT_EMPTY_PATH),
    statusOf: (path) => status(raw, AT_FDCWD, path, 0),
    chown: (fd, uid, gid) => void raw("fchownat", [fd, "", uid, gid, AT_EMPTY_PATH]),
    holdFile: (fd) => void raw("flock", [fd, LOCK_EX]),
    awaitFile: (fd) => void raw("flock", [fd, LOCK_SH]),
    close: (fd) => void raw("close", [fd]),
  };
}
return { fileCalls };
})();
// src/linux/sys/process.ts
const m5 = known.m5 = (() => {
const { CLOSE_RANGE_CLOEXEC: CLOSE_RANGE_CLOEXEC } = m2;
const { SyscallError: SyscallError } = m0;
const signals = 64;
const F_SETFD = 2;
const F_ADD_SEALS = 1033;
const allSeals = 15;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const PR_SET_NAME = 15;
const sigsetBytes = 8;
const SIG_SETMASK = 2;
const KEYCTL_JOIN_SESSION_KEYRING = 1;
const IOPRIO_WHO_PROCESS = 1;
function idList(ids                   )         {
  const list = Buffer.alloc(Math.max(4, ids.length * 4));
  for (const [index, id] of ids.entries()) list.writeUInt32LE(id, index * 4);
  return list;
}
function scheduling(settings                   )         {
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
function resetSignals(raw         )       {
  const byDefault = Buffer.alloc(32);
  for (let signal = 1; signal <= signals; signal++) {
    try {
      raw("rt_sigaction", [signal, byDefault, 0, sigsetBytes]);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
    }
  }
  raw("rt_sigprocmask", [SIG_SETMASK, Buffer.alloc(sigsetBytes), 0, sigsetBytes]);
}
function sealedFile(raw         , name        , bytes            )         {
  const fd = raw("memfd_create", [name, MFD_CLOEXEC | MFD_ALLOW_SEALING], name);
  raw("write", [fd, bytes, bytes.length], name);
  raw("fcntl", [fd, F_ADD_SEALS, allSeals], name);
  return fd;
}
function processCalls(raw         )               {
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
return { processCalls };
})();
// src/linux/sys/arena.ts
const m6 = known.m6 = (() => {
const { SyscallError: SyscallError } = m0;
const arenaBytes = 64 << 10;
const largestBytes = 8 << 20;
const E2BIG = 7;
class Arena                   {
  #bytes        ;
           #base        ;
           #largest        ;
  #used = 0;
  #written = 0;
  constructor(bytes        , base        , largest = bytes.length) {
    this.#bytes = bytes;
    this.#base = base;
    this.#largest = largest;
  }
  get written()         {
    return this.#bytes.subarray(0, this.#written);
  }
  get used()         {
    return this.#used;
  }
  static room(args                     )         {
    const one = (argument          )         => {
      if (typeof argument === "string") return argument.length * 3 + 17;
      if (argument instanceof Uint8Array) return argument.length + 16;
      return Array.isArray(argument) ? argument.reduce((sum        , text        ) => sum + one(text) + 8, 24) : 0;
    };
    return args.reduce((sum        , argument) => sum + one(argument), arenaBytes >> 1);
  }
  clear()       {
    this.#used = 0;
    this.#written = 0;
  }
  put(bytes            )         {
    const at = this.#used;
    const address = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
    this.#written = at + bytes.length;
    return address;
  }
  reserve(length        )         {
    const at = this.#used;
    const end = at + length + 16;
    if (end > this.#largest) throw new SyscallError("arguments", E2BIG);
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], Math.min(this.#largest, end * 2));
    this.#used = (at + length + 15) & ~15;
    return this.#base + BigInt(at);
  }
  get(address        , length        )         {
    const at = Number(address - this.#base);
    return Buffer.from(this.#bytes.subarray(at, at + length));
  }
  value(argument          )         {
    if (typeof argument === "bigint") return argument;
    if (typeof argument === "number") return BigInt(argument);
    if (typeof argument === "function") return argument(this);
    if (typeof argument === "string") return this.put(Buffer.from(`${argument}\0`));
    if (argument instanceof Uint8Array) return this.put(argument);
    const pointers = Buffer.alloc((argument.length + 1) * 8);
    for (const [index, text] of argument.entries()) pointers.writeBigUInt64LE(this.value(text), index * 8);
    return this.put(pointers);
  }
}
return { arenaBytes, largestBytes, Arena };
})();
// src/linux/sys/numbers.ts
const m7 = known.m7 = (() => {
const callNumbers = {
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  ioctl: [16, 29],
  getpid: [39, 172],
  socket: [41, 198],
  connect: [42, 203],
  sendmsg: [46, 211],
  recvmsg: [47, 212],
  socketpair: [53, 199],
  setsockopt: [54, 208],
  execve: [59, 221],
  kill: [62, 129],
  fcntl: [72, 25],
  flock: [73, 32],
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
  openat: [257, 56],
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
  memfd_create: [319, 279],
  bpf: [321, 280],
  statx: [332, 291],
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
}                                                             ;
function callNumber(name          , architecture        )         {
  const column = architecture === "x64" ? 0 : architecture === "arm64" ? 1 : undefined;
  if (column === undefined) throw new Error(`no system call numbers for the processor ${architecture}`);
  return callNumbers[name][column];
}
return { callNumbers, callNumber };
})();
// src/linux/sys/raw.ts
const m8 = known.m8 = (() => {
const { Arena: Arena } = m6;
const { arenaBytes: arenaBytes } = m6;
const { largestBytes: largestBytes } = m6;
const { SyscallError: SyscallError } = m0;
const { callNumber: callNumber } = m7;
const EBADF = 9;
function openRawCall()          {
  if (process.platform !== "linux") throw new Error(`containers need Linux, and this is ${process.platform}`);
  const ffi = process.getBuiltinModule("node:ffi");
  const library = new ffi.DynamicLibrary(null);
  const int = "int64";
  const syscall = library.getFunction("syscall", { return: int, arguments: [int, int, int, int, int, int, int] });
  const errnoAt = library.getFunction("__errno_location", { return: "pointer", arguments: [] })()          ;
  const arenaOf = (size        )        => {
    const memory = new ArrayBuffer(size);
    return new Arena(Buffer.from(memory), ffi.getRawPointer(memory));
  };
  const usual = arenaOf(arenaBytes);
  const { getInt32 } = ffi;
  getInt32(errnoAt, 0);
  const call          = (name, args, about) => {
    const room = Arena.room(args);
    const arena = room <= arenaBytes ? usual : arenaOf(Math.min(room, largestBytes));
    arena.clear();
    const number = BigInt(callNumber(name, process.arch));
    const value = (index        )         => (index < args.length ? arena.value(args[index] ) : 0n);
    const [a, b, c, d, e, f] = [value(0), value(1), value(2), value(3), value(4), value(5)]         ;
    const answer = syscall(number, a, b, c, d, e, f);
    if (answer === -1n) throw new SyscallError(name, getInt32(errnoAt, 0), about);
    const addresses = [a, b, c, d, e, f];
    for (const [index, argument] of args.entries())
      if (argument instanceof Uint8Array) argument.set(arena.get(addresses[index] , argument.length));
    return Number(answer);
  };
  selfTest(call);
  return call;
}
function selfTest(call         )       {
  if (call("getpid", []) !== process.pid) throw new Error("system calls by node:ffi do not work: getpid answers something else");
  try {
    call("fchdir", [-1]);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === EBADF) return;
    throw new Error("system calls by node:ffi do not work: errno is another one", { cause: error });
  }
  throw new Error("system calls by node:ffi do not work: a bad descriptor was taken");
}
return { openRawCall };
})();
// src/linux/sys/security.ts
const m9 = known.m9 = (() => {
const { capAmbient: capAmbient } = m2;
const { prctlOptions: prctlOptions } = m2;
                                                             
const CAPABILITY_VERSION_3 = 0x20080522;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_GET_ACTION_AVAIL = 2;
const bpf = { load: 5, attach: 8, typeCgroupDevice: 15, attachCgroupDevice: 6, allowMulti: 2 }         ;
function capabilityBytes({ effective, permitted, inheritable }                 )         {
  const bytes = Buffer.alloc(24);
  for (const [half, shift] of [0n, 32n].entries())
    for (const [index, mask] of [effective, permitted, inheritable].entries())
      bytes.writeUInt32LE(Number((mask >> shift) & 0xffffffffn), half * 12 + index * 4);
  return bytes;
}
function capabilityHeader()         {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(CAPABILITY_VERSION_3, 0);
  return header;
}
function bpfLoadDevice(raw         , program            )         {
  const attributes = (memory        )         => {
    const bytes = Buffer.alloc(128);
    bytes.writeUInt32LE(bpf.typeCgroupDevice, 0);
    bytes.writeUInt32LE(program.length / 8, 4);
    bytes.writeBigUInt64LE(memory.put(program), 8);
    bytes.writeBigUInt64LE(memory.put(Buffer.from("GPL\0")), 16);
    return memory.put(bytes);
  };
  return raw("bpf", [bpf.load, attributes, 128], "device filter");
}
function securityCalls(raw         )                {
  const prctl = (option        , second = 0, third = 0)         => raw("prctl", [option, second, third, 0, 0]);
  return {
    capset: (masks) => void raw("capset", [capabilityHeader(), capabilityBytes(masks)]),
    capabilities() {
      const sets = Buffer.alloc(24);
      raw("capget", [capabilityHeader(), sets]);
      const mask = (at        )         => BigInt(sets.readUInt32LE(at)) | (BigInt(sets.readUInt32LE(at + 12)) << 32n);
      return { effective: mask(0), permitted: mask(4), inheritable: mask(8) };
    },
    dropBounding: (capability) => void prctl(prctlOptions.capbsetDrop, capability),
    hasBounding: (capability) => prctl(prctlOptions.capbsetRead, capability) === 1,
    clearAmbient: () => void prctl(prctlOptions.capAmbient, capAmbient.clearAll),
    raiseAmbient: (capability) => void prctl(prctlOptions.capAmbient, capAmbient.raise, capability),
    setKeepcaps: (keep) => void prctl(prctlOptions.setKeepcaps, keep ? 1 : 0),
    setDumpable: (dumpable) => void prctl(prctlOptions.setDumpable, dumpable ? 1 : 0),
    setNoNewPrivs: () => void prctl(prctlOptions.setNoNewPrivs, 1),
    setParentDeathSignal: (signal) => void prctl(prctlOptions.setPdeathsig, signal),
    setChildSubreaper: () => void prctl(prctlOptions.setChildSubreaper, 1),
    installSeccomp(program, flags) {
      const filter = (memory        )         => {
        const bytes = Buffer.alloc(16);
        bytes.writeUInt16LE(program.length / 8, 0);
        bytes.writeBigUInt64LE(memory.put(program), 8);
        return memory.put(bytes);
      };
      raw("seccomp", [SECCOMP_SET_MODE_FILTER, flags, filter], "filter");
    },
    seccompActionAvailable(action) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(action >>> 0, 0);
      try {
        raw("seccomp", [SECCOMP_GET_ACTION_AVAIL, 0, bytes]);
        return true;
      } catch {
        return false;
      }
    },
    bpfLoadDevice: (program) => bpfLoadDevice(raw, program),
    bpfAttachDevice(cgroup, program) {
      const bytes = Buffer.alloc(128);
      for (const [index, value] of [cgroup, program, bpf.attachCgroupDevice, bpf.allowMulti].entries())
        bytes.writeUInt32LE(value, index * 4);
      raw("bpf", [bpf.attach, bytes, bytes.length], "attach device filter");
    },
  };
}
return { securityCalls };
})();
// src/linux/sys/sockets.ts
const m10 = known.m10 = (() => {
const { POLLIN: POLLIN } = m2;
const { terminalRequests: terminalRequests } = m2;
const { isErrno: isErrno } = m0;
const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const O_RDWR = 2;
const O_NOCTTY = 0o400;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const SO_RCVTIMEO = 20;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
const controlBytes = 24;
const pathLimit = 107;
function timeBytes(ms        )         {
  const time = Buffer.alloc(16);
  time.writeBigInt64LE(BigInt(Math.floor(ms / 1000)), 0);
  time.writeBigInt64LE(BigInt(ms % 1000) * 1000n, 8);
  return time;
}
function message(memory        , data            , fd         )          {
  const control = Buffer.alloc(controlBytes);
  if (fd !== undefined) {
    control.writeBigUInt64LE(20n, 0);
    control.writeInt32LE(SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    control.writeInt32LE(fd, 16);
  }
  const dataAt = memory.put(data);
  const controlAt = memory.put(control);
  const piece = Buffer.alloc(16);
  piece.writeBigUInt64LE(dataAt, 0);
  piece.writeBigUInt64LE(BigInt(data.length), 8);
  const header = Buffer.alloc(56);
  header.writeBigUInt64LE(memory.put(piece), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(controlAt, 32);
  header.writeBigUInt64LE(BigInt(controlBytes), 40);
  return { header: memory.put(header), control: controlAt, data: dataAt };
}
function receiveDescriptor(raw         , socket        )                               {
  let memory                    ;
  let parts                     ;
  const build = (given        )         => {
    memory = given;
    parts = message(given, Buffer.alloc(4096));
    return parts.header;
  };
  const length = raw("recvmsg", [socket, build, MSG_CMSG_CLOEXEC]);
  const control = memory .get(parts .control, controlBytes);
  if (control.readBigUInt64LE(0) !== 20n || control.readInt32LE(12) !== SCM_RIGHTS) throw new Error("no descriptor came");
  return { fd: control.readInt32LE(16), text: memory .get(parts .data, length).toString() };
}
function connectUnix(raw         , path        )         {
  const name = Buffer.from(path);
  if (name.length > pathLimit) throw new Error(`path of a socket is longer than ${pathLimit} bytes: ${path}`);
  const address = Buffer.alloc(2 + name.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(name, 2);
  const fd = raw("socket", [AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0]);
  raw("connect", [fd, address, address.length], path);
  return fd;
}
function socketCalls(raw         )              {
  return {
    socketPair(kind = "stream") {
      const pair = Buffer.alloc(8);
      raw("socketpair", [AF_UNIX, (kind === "stream" ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC, 0, pair]);
      return [pair.readInt32LE(0), pair.readInt32LE(4)];
    },
    boundReceive: (socket, timeoutMs) =>
      void raw("setsockopt", [socket, SOL_SOCKET, SO_RCVTIMEO, timeBytes(timeoutMs), timeBytes(timeoutMs).length]),
    connectUnix: (path) => connectUnix(raw, path),
    sendDescriptor: (socket, fd, text) => void raw("sendmsg", [socket, (memory) => message(memory, Buffer.from(text), fd).header, 0]),
    receiveDescriptor: (socket) => receiveDescriptor(raw, socket),
    pollReadable(fd, timeoutMs) {
      const poll = Buffer.alloc(8);
      poll.writeInt32LE(fd, 0);
      poll.writeInt16LE(POLLIN, 4);
      const time = timeBytes(timeoutMs);
      time.writeBigInt64LE(time.readBigInt64LE(8) * 1000n, 8);
      for (let interrupted = 0; ; interrupted++) {
        try {
          return raw("ppoll", [poll, 1, time, 0, 8]) > 0;
        } catch (error) {
          if (!isErrno(error, "EINTR") || interrupted === 1000) throw error;
        }
      }
    },
    unlockTerminal: (master) => void raw("ioctl", [master, terminalRequests.setLock, Buffer.alloc(4)]),
    terminalNumber(master) {
      const number = Buffer.alloc(4);
      raw("ioctl", [master, terminalRequests.getNumber, number]);
      return number.readInt32LE(0);
    },
    openTerminalPeer: (master) => raw("ioctl", [master, terminalRequests.getPeer, O_RDWR | O_NOCTTY | SOCK_CLOEXEC]),
    interfaceUp(name) {
      const request = Buffer.alloc(40);
      request.write(name, 0, 15);
      request.writeUInt16LE(IFF_UP, 16);
      const fd = raw("socket", [AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0]);
      try {
        raw("ioctl", [fd, SIOCSIFFLAGS, request], name);
      } finally {
        raw("close", [fd]);
      }
    },
    makeControllingTerminal: (slave) => void raw("ioctl", [slave, terminalRequests.setControlling, 0]),
    setTerminalSize(fd, rows, columns) {
      const size = Buffer.alloc(8);
      size.writeUInt16LE(rows, 0);
      size.writeUInt16LE(columns, 2);
      raw("ioctl", [fd, terminalRequests.setSize, size]);
    },
    duplicateTo(fd, as) {
      if (fd !== as) raw("dup3", [fd, as, 0]);
    },
  };
}
return { socketCalls };
})();
// src/linux/sys/syscalls.ts
const m11 = known.m11 = (() => {
const { fileCalls: fileCalls } = m4;
const { mountCalls: mountCalls } = m3;
const { processCalls: processCalls } = m5;
const { openRawCall: openRawCall } = m8;
const { securityCalls: securityCalls } = m9;
const { socketCalls: socketCalls } = m10;
function syscallsOver(raw         , together                       = (calls) => calls())           {
  return { together, ...fileCalls(raw), ...mountCalls(raw), ...processCalls(raw), ...securityCalls(raw), ...socketCalls(raw) };
}
function openSyscalls()           {
  return syscallsOver(openRawCall());
}
return { syscallsOver, openSyscalls };
})();
// src/runtime/machine.ts
const m12 = known.m12 = (() => {
const { existsSync: existsSync } = require("node:fs");
const { readFileSync: readFileSync } = require("node:fs");
const { openSyscalls: openSyscalls } = m11;
function openMachine(options                                                               )          {
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
function appArmorEnabled()          {
  const path = "/sys/module/apparmor/parameters/enabled";
  return existsSync(path) && readFileSync(path, "utf8").startsWith("Y");
}
function pause()       {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}
return { openMachine, pause };
})();
// src/runtime/config.ts
const m13 = known.m13 = (() => {
const hookPhases = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]         ;
function parseExactJson(text        )          {
  return JSON.parse(text, (_key, value         , context                      ) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? "";
    return /^-?\d+$/u.test(source) ? BigInt(source) : value;
  })           ;
}
function stringifyExactJson(value         )         {
  const { rawJSON } = JSON                                                     ;
  return JSON.stringify(value, (_key, inner         ) => (typeof inner === "bigint" ? rawJSON(`${inner}`) : inner));
}
return { hookPhases, parseExactJson, stringifyExactJson };
})();
// src/runtime/protocol.ts
const m14 = known.m14 = (() => {
const { readSync: readSync } = require("node:fs");
const { writeSync: writeSync } = require("node:fs");
const { parseExactJson: parseExactJson } = m13;
const { stringifyExactJson: stringifyExactJson } = m13;
const { RuntimeError: RuntimeError } = m1;
const messageBoundMs = 600_000;
function readExactly(fd        , length        )                     {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(fd, bytes, at, length - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}
function receive(fd        , syscalls                                )                      {
  if (!syscalls.pollReadable(fd, messageBoundMs)) throw new RuntimeError("the container's first process does not answer");
  try {
    const length = readExactly(fd, 4);
    const body = length && readExactly(fd, length.readUInt32LE(0));
    return body && (parseExactJson(body.toString())           );
  } catch (error) {
    if ((error                         ).code === "ECONNRESET") return undefined;
    throw error;
  }
}
function send(fd        , message         )       {
  const body = Buffer.from(stringifyExactJson(message));
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeUInt32LE(body.length, 0);
  bytes.set(body, 4);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}
return { messageBoundMs, receive, send };
})();
// src/runtime/hooks.ts
const m15 = known.m15 = (() => {
function spawnSync(...args) { return new.target ? new (require("node:child_process").spawnSync)(...args) : require("node:child_process").spawnSync(...args); }
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { messageBoundMs: messageBoundMs } = m14;
function environment(list                    = [])                         {
  return Object.fromEntries(list.map((entry) => [entry.split("=", 1)[0] ?? "", entry.slice(entry.indexOf("=") + 1)]));
}
function runHook({ path, args = [path], env, timeout }      , phase           , index        , input        )       {
  const about = `error running ${phase} hook #${index}`;
  const { error, status, signal, stdout, stderr } = spawnSync(path, args.slice(1), {
    argv0: args[0] ?? path,
    env: environment(env),
    input,
    timeout: timeout === undefined ? messageBoundMs : timeout * 1000,
    killSignal: "SIGKILL",
    encoding: "utf8",
  });
  if (error && (error                         ).code === "ETIMEDOUT")
    throw new RuntimeError(`${about}: hook ran past specified timeout of ${timeout ?? 0}s`);
  if (error && (error                         ).code !== "EPIPE") throw new RuntimeError(`${about}: ${error.message}`);
  if (status !== 0)
    throw new RuntimeError(
      `${about}: ${signal ? `signal: ${signal}` : `exit status ${status}`}, stdout: ${stdout.trim()}, stderr: ${stderr.trim()}`,
    );
}
function runHooks(config        , phase           , state                         )       {
  for (const [index, hook] of (config.hooks?.[phase] ?? []).entries()) runHook(hook, phase, index, JSON.stringify(state));
}
function runEndHooks(config        , state                         )       {
  for (const [index, hook] of (config.hooks?.poststop ?? []).entries()) {
    try {
      runHook(hook, "poststop", index, JSON.stringify(state));
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
    }
  }
}
function hasHooks(config        , ...phases                      )          {
  return phases.some((phase) => (config.hooks?.[phase] ?? []).length > 0);
}
return { runHooks, runEndHooks, hasHooks };
})();
// src/linux/cgroups/device-filter.ts
const m16 = known.m16 = (() => {
const op = { load: 0x61, and: 0x57, shiftRight: 0x77, move: 0xbf, set: 0xb7, ifNot: 0x55, exit: 0x95 }         ;
const [verdict, context, type, access, major, minor, scratch] = [0, 1, 2, 3, 4, 5, 6];
const types                                   = { b: 1, c: 2 };
const accesses                                   = { m: 1, r: 2, w: 4 };
const allAccesses = 7;
const pair = (destination        , source = 0)         => destination | (source << 4);
function accessBits(text        )         {
  let bits = 0;
  for (const letter of text) {
    const bit = accesses[letter];
    if (bit === undefined) throw new Error(`unknown device access ${JSON.stringify(letter)}`);
    bits |= bit;
  }
  return bits;
}
function ruleCode({ allow, type: kind = "a", major: first = -1, minor: second = -1, access: text = "rwm" }            )                {
  const bits = accessBits(text);
  const tests                                      = [];
  if (kind !== "a") {
    const number = types[kind];
    if (number === undefined) throw new Error(`unknown device type ${JSON.stringify(kind)}`);
    tests.push((skip) => [[op.ifNot, pair(type), skip, number]]);
  }
  if (bits !== allAccesses) {
    const mask = allow ? allAccesses & ~bits : bits;
    tests.push((skip) => [
      [op.move, pair(scratch, access), 0, 0],
      [op.and, pair(scratch), 0, mask],
      allow ? [op.ifNot, pair(scratch), skip, 0] : [0x15, pair(scratch), skip, 0],
    ]);
  }
  if (kind !== "a" && first >= 0) tests.push((skip) => [[op.ifNot, pair(major), skip, first]]);
  if (kind !== "a" && second >= 0) tests.push((skip) => [[op.ifNot, pair(minor), skip, second]]);
  const end                = [
    [op.set, pair(verdict), 0, allow ? 1 : 0],
    [op.exit, 0, 0, 0],
  ];
  return tests.reduceRight((behind, test) => [...test(behind.length), ...behind], end);
}
const fitsAll = ({ type: kind = "a", access: text = "rwm" }            )          => kind === "a" && accessBits(text) === allAccesses;
function rulesCode(rules                       )                {
  const newest = rules.toReversed();
  const last = newest.findIndex(fitsAll);
  const reached = last < 0 ? newest : newest.slice(0, last + 1);
  const otherwise                         = [
    [op.set, pair(verdict), 0, 0],
    [op.exit, 0, 0, 0],
  ];
  return [...reached.flatMap(ruleCode), ...(last < 0 ? otherwise : [])];
}
function deviceFilter(rules                       )         {
  const code                = [
    [op.load, pair(type, context), 0, 0],
    [op.move, pair(access, type), 0, 0],
    [op.and, pair(type), 0, 0xffff],
    [op.shiftRight, pair(access), 0, 16],
    [op.load, pair(major, context), 4, 0],
    [op.load, pair(minor, context), 8, 0],
    ...rulesCode(rules),
  ];
  const bytes = Buffer.alloc(code.length * 8);
  for (const [index, [opcode, registers, offset, value]] of code.entries()) {
    bytes.writeUInt8(opcode, index * 8);
    bytes.writeUInt8(registers, index * 8 + 1);
    bytes.writeInt16LE(offset, index * 8 + 2);
    bytes.writeInt32LE(value, index * 8 + 4);
  }
  return bytes;
}
return { deviceFilter };
})();
// src/linux/cgroups/layout.ts
const m17 = known.m17 = (() => {
const { join: join } = require("node:path");
const { relative: relative } = require("node:path");
const { resolve: resolve } = require("node:path");
                                                                                         
const namedOptions = new Set(["rw", "ro", "xattr", "clone_children", "noprefix", "release_agent", "relatime"]);
function ownGroups(text        )                              {
  const own = new Map                ();
  for (const line of text.split("\n")) {
    const [, controllers, ...path] = line.split(":");
    if (controllers === undefined) continue;
    for (const controller of controllers === "" ? ["unified"] : controllers.split(",")) own.set(controller, path.join(":"));
  }
  return own;
}
function hierarchies(mountinfo        , ownCgroup        , controllersOf                                )              {
  const own = ownGroups(ownCgroup);
  const found              = [];
  for (const line of mountinfo.split("\n")) {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , root = "", mountPoint = ""] = left.split(" ");
    const [type, , options = ""] = right.split(" ");
    if (found.some((other) => other.mountPoint === mountPoint)) continue;
    if (type === "cgroup2") {
      const controllers = controllersOf(mountPoint).trim().split(/\s+/u).filter(Boolean);
      found.push({ version: 2, controllers, mountPoint, root, own: own.get("unified") ?? "/" });
    } else if (type === "cgroup") {
      const controllers = options.split(",").filter((option) => own.has(option) && !namedOptions.has(option));
      const first = controllers[0];
      if (first !== undefined && !found.some((other) => other.controllers.includes(first)))
        found.push({ version: 1, controllers, mountPoint, root, own: own.get(first) ?? "/" });
    }
  }
  return found;
}
function groupFolder({ mountPoint, root, own }           , path        )         {
  if (path.startsWith("/")) return join(mountPoint, resolve("/", path));
  const inside = relative(root, own);
  return join(mountPoint, inside.startsWith("..") ? "/" : inside, resolve("/", path));
}
return { hierarchies, groupFolder };
})();
// src/linux/cgroups/resources.ts
const m18 = known.m18 = (() => {
function rdmaLines(rdma                                      )           {
  return Object.entries(rdma).map(([device, { hcaHandles, hcaObjects }]) =>
    [device, hcaHandles === undefined ? "" : `hca_handle=${hcaHandles}`, hcaObjects === undefined ? "" : `hca_object=${hcaObjects}`]
      .filter((word) => word !== "")
      .join(" "),
  );
}
return { rdmaLines };
})();
// src/linux/cgroups/v1.ts
const m19 = known.m19 = (() => {
const { rdmaLines: rdmaLines } = m18;
function rows(controller        , list      )                {
  return list
    .filter(([, value]) => value !== undefined && value !== 0 && value !== "")
    .map(([file, value]) => ({ controller, file, value: `${value}` }));
}
function deviceRuleV1({ type = "a", major, minor, access = "rwm" }            )         {
  const number = (value                    )         => (value === undefined || value < 0 ? "*" : `${value}`);
  return type === "a" ? "a" : `${type} ${number(major)}:${number(minor)} ${access}`;
}
function devices(list                                   )                {
  if (list === undefined) return [];
  const writes = list.map((rule) => ({
    controller: "devices",
    file: rule.allow ? "devices.allow" : "devices.deny",
    value: deviceRuleV1(rule),
  }));
  return [{ controller: "devices", file: "devices.deny", value: "a" }, ...writes];
}
function blockIo(io                                         )                {
  const each = (file        , list                                                            = [])       =>
    list.map(({ major, minor, rate }) => [file, `${major}:${minor} ${rate}`]);
  const weights = (io.weightDevice ?? []).flatMap(
    ({ major, minor, weight, leafWeight })       => [
      ["blkio.bfq.weight_device", weight === undefined ? undefined : `${major}:${minor} ${weight}`],
      ["blkio.leaf_weight_device", leafWeight === undefined ? undefined : `${major}:${minor} ${leafWeight}`],
    ],
  );
  return rows("blkio", [
    ["blkio.bfq.weight", io.weight],
    ["blkio.leaf_weight", io.leafWeight],
    ...weights,
    ...each("blkio.throttle.read_bps_device", io.throttleReadBpsDevice),
    ...each("blkio.throttle.write_bps_device", io.throttleWriteBpsDevice),
    ...each("blkio.throttle.read_iops_device", io.throttleReadIOPSDevice),
    ...each("blkio.throttle.write_iops_device", io.throttleWriteIOPSDevice),
  ]);
}
function writesV1(resources                 )                {
  const { memory = {}, cpu = {}, pids, network = {}, unified } = resources;
  if (unified && Object.keys(unified).length > 0) throw new Error("invalid configuration: cannot use unified on cgroup v1");
  const pidsLimit = pids?.limit ?? 0;
  return [
    ...devices(resources.devices),
    ...rows("memory", [
      ["memory.limit_in_bytes", memory.limit],
      ["memory.memsw.limit_in_bytes", memory.swap],
      ["memory.soft_limit_in_bytes", memory.reservation],
      ["memory.kmem.tcp.limit_in_bytes", memory.kernelTCP],
      ["memory.swappiness", memory.swappiness === 0 ? "0" : memory.swappiness],
      ["memory.oom_control", memory.disableOOMKiller ? 1 : undefined],
    ]),
    ...rows("cpu", [
      ["cpu.shares", cpu.shares],
      ["cpu.cfs_period_us", cpu.period],
      ["cpu.cfs_quota_us", cpu.quota],
      ["cpu.cfs_burst_us", cpu.burst],
      ["cpu.rt_period_us", cpu.realtimePeriod],
      ["cpu.rt_runtime_us", cpu.realtimeRuntime],
      ["cpu.idle", cpu.idle === undefined ? undefined : `${cpu.idle}`],
    ]),
    ...rows("cpuset", [
      ["cpuset.cpus", cpu.cpus],
      ["cpuset.mems", cpu.mems],
    ]),
    ...rows("pids", [["pids.max", pidsLimit === 0 ? undefined : pidsLimit > 0 ? pidsLimit : "max"]]),
    ...blockIo(resources.blockIO ?? {}),
    ...(resources.hugepageLimits ?? []).flatMap(({ pageSize, limit }) =>
      rows("hugetlb", [[`hugetlb.${pageSize}.limit_in_bytes`, `${limit}`]]),
    ),
    ...rows("net_cls", [["net_cls.classid", network.classID]]),
    ...(network.priorities ?? []).flatMap(({ name, priority }) => rows("net_prio", [["net_prio.ifpriomap", `${name} ${priority}`]])),
    ...rdmaLines(resources.rdma ?? {}).flatMap((line) => rows("rdma", [["rdma.max", line]])),
  ];
}
return { deviceRuleV1, writesV1 };
})();
// src/linux/cgroups/v2.ts
const m20 = known.m20 = (() => {
const { rdmaLines: rdmaLines } = m18;
function weightOfShares(shares        )         {
  return shares === 0 ? 0 : Math.trunc(1 + ((shares - 2) * 9999) / 262142);
}
function ioWeight(weight        )         {
  return weight === 0 ? 0 : Math.trunc(1 + ((weight - 10) * 9999) / 990);
}
const orMax = (value        )         => (value < 0 ? "max" : `${value}`);
function write(file        , value                    )                {
  return value === undefined || value === "" ? [] : [{ controller: file.slice(0, file.indexOf(".")), file, value }];
}
function memory(settings                                        )                {
  const { limit = 0, swap = 0, reservation = 0 } = settings;
  let swapOnly = swap === 0 ? undefined : swap < 0 ? "max" : undefined;
  if (swap > 0) {
    if (limit <= 0) throw new Error("unable to set swap limit without memory limit");
    if (swap < limit) throw new Error("memory+swap limit should be >= memory limit");
    swapOnly = `${swap - limit}`;
  }
  return [
    ...write("memory.max", limit === 0 ? undefined : orMax(limit)),
    ...write("memory.swap.max", swapOnly),
    ...write("memory.low", reservation === 0 ? undefined : orMax(reservation)),
  ];
}
function cpu(settings                                     )                {
  const { shares = 0, quota = 0, period = 0, burst, idle, cpus, mems } = settings;
  if (settings.realtimeRuntime || settings.realtimePeriod) throw new Error("realtime scheduling is not supported on cgroup v2");
  const max = quota === 0 && period === 0 ? undefined : `${quota > 0 ? quota : "max"}${period === 0 ? "" : ` ${period}`}`;
  return [
    ...write("cpu.idle", idle === undefined ? undefined : `${idle}`),
    ...write("cpu.weight", shares === 0 ? undefined : `${weightOfShares(shares)}`),
    ...write("cpu.max", max),
    ...write("cpu.max.burst", burst === undefined ? undefined : `${burst}`),
    ...write("cpuset.cpus", cpus),
    ...write("cpuset.mems", mems),
  ];
}
function blockIo(io                                         )                {
  if (io.leafWeight !== undefined && io.leafWeight !== 0) throw new Error("leafWeight is not supported on cgroup v2");
  const rates = (key        , list                        = [])                =>
    list.flatMap(({ major, minor, rate }) => write("io.max", `${major}:${minor} ${key}=${rate}`));
  return [
    ...write("io.bfq.weight", io.weight ? `${io.weight}` : undefined),
    ...(io.weightDevice ?? []).flatMap(({ major, minor, weight }) =>
      write("io.bfq.weight", weight ? `${major}:${minor} ${weight}` : undefined),
    ),
    ...rates("rbps", io.throttleReadBpsDevice),
    ...rates("wbps", io.throttleWriteBpsDevice),
    ...rates("riops", io.throttleReadIOPSDevice),
    ...rates("wiops", io.throttleWriteIOPSDevice),
  ];
}
function writesV2(resources                 )                {
  if (resources.network?.classID || (resources.network?.priorities ?? []).length > 0)
    throw new Error("network classes and priorities are not supported on cgroup v2");
  const pidsLimit = resources.pids?.limit ?? 0;
  return [
    ...memory(resources.memory ?? {}),
    ...cpu(resources.cpu ?? {}),
    ...write("pids.max", pidsLimit === 0 ? undefined : orMax(pidsLimit)),
    ...blockIo(resources.blockIO ?? {}),
    ...(resources.hugepageLimits ?? []).flatMap(({ pageSize, limit }) => write(`hugetlb.${pageSize}.max`, `${limit}`)),
    ...rdmaLines(resources.rdma ?? {}).flatMap((line) => write("rdma.max", line)),
    ...Object.entries(resources.unified ?? {}).flatMap(([file, value]) => {
      if (file.includes("/") || !file.includes(".")) throw new Error(`unified resource ${JSON.stringify(file)} must be a file name`);
      return write(file, value);
    }),
  ];
}
return { weightOfShares, ioWeight, writesV2 };
})();
// src/linux/cgroups/group.ts
const m21 = known.m21 = (() => {
const { existsSync: existsSync } = require("node:fs");
const { mkdirSync: mkdirSync } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { closeSync: closeSync } = require("node:fs");
const { readdirSync: readdirSync } = require("node:fs");
const { readFileSync: readFileSync } = require("node:fs");
const { rmdirSync: rmdirSync } = require("node:fs");
const { writeFileSync: writeFileSync } = require("node:fs");
const { dirname: dirname } = require("node:path");
const { join: join } = require("node:path");
const { deviceFilter: deviceFilter } = m16;
const { groupFolder: groupFolder } = m17;
const { hierarchies: hierarchies } = m17;
const { writesV1: writesV1 } = m19;
const { ioWeight: ioWeight } = m20;
const { writesV2: writesV2 } = m20;
function machineHierarchies(read = (path        )         => readFileSync(path, "utf8"))                       {
  return hierarchies(read("/proc/self/mountinfo"), read("/proc/self/cgroup"), (mountPoint) => read(join(mountPoint, "cgroup.controllers")));
}
function isUnified(list                      )          {
  return list.length > 0 && list.every(({ version }) => version === 2);
}
class CgroupGroup {
           places                       ;
           unified         ;
  constructor(list                      , path        ) {
    this.places = list.map((hierarchy) => ({ ...hierarchy, folder: groupFolder(hierarchy, path) }));
    this.unified = isUnified(list);
  }
  folders()                         {
    return Object.fromEntries(
      this.places.flatMap(({ version, controllers, folder }) =>
        version === 2 ? [["", folder]] : controllers.map((name) => [name, folder]),
      ),
    )                          ;
  }
  exists()          {
    return this.places.some(({ folder }) => existsSync(folder));
  }
  create()       {
    for (const place of this.places) {
      if (place.version === 2 && this.unified) enableControllers(place);
      mkdirSync(place.folder, { recursive: true });
      if (place.controllers.includes("cpuset") && place.version === 1) inheritCpuset(place.mountPoint, place.folder);
    }
  }
  doors()                    {
    return this.places.map(({ folder }) => join(folder, "cgroup.procs"));
  }
  apply(resources                 , syscalls          )       {
    if (this.unified) {
      for (const write of writesV2(resources)) this.#write(write, "");
      if (resources.devices) attachDeviceFilter(this.places[0] .folder, resources.devices, syscalls);
    } else {
      const writes = writesV1(resources);
      for (const [index, write] of writes.entries()) this.#writeV1(write, writes, index);
    }
  }
  #writeV1(write             , all                        , index        )       {
    const swap = all[index + 1];
    try {
      this.#write(write, write.controller);
    } catch (error) {
      if (write.file !== "memory.limit_in_bytes" || swap?.file !== "memory.memsw.limit_in_bytes") throw error;
      this.#write(swap, swap.controller);
      this.#write(write, write.controller);
    }
  }
  #write({ file, value }             , controller        )       {
    const place = controller === "" ? this.places[0] : this.places.find(({ controllers }) => controllers.includes(controller));
    if (!place) throw new Error(`cannot set ${file}: the controller ${controller} is not mounted`);
    const [name, text] = existingFile(place.folder, file, value);
    try {
      writeFileSync(join(place.folder, name), text);
    } catch (error) {
      throw new Error(`failed to write ${JSON.stringify(text)} to ${name}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  pids()           {
    const found = new Set        ();
    for (const { folder } of this.places) for (const pid of pidsBelow(folder)) found.add(pid);
    return [...found].toSorted((a, b) => a - b);
  }
  #freezer()                                                                                                       {
    const place = this.unified ? this.places[0] : this.places.find(({ controllers }) => controllers.includes("freezer"));
    if (!place) return undefined;
    const read = (name        )         => readFileSync(join(place.folder, name), "utf8");
    return place.version === 2
      ? { file: join(place.folder, "cgroup.freeze"), words: ["1", "0"], state: () => /^frozen 1$/mu.test(read("cgroup.events")) }
      : { file: join(place.folder, "freezer.state"), words: ["FROZEN", "THAWED"], state: () => read("freezer.state").trim() === "FROZEN" };
  }
  freeze(frozen         , wait            )       {
    const freezer = this.#freezer();
    if (!freezer) throw new Error("the freezer is not mounted");
    for (let attempt = 0; attempt < 1000; attempt++) {
      writeFileSync(freezer.file, freezer.words[frozen ? 0 : 1]);
      if (freezer.state() === frozen) return;
      wait();
    }
    if (frozen) writeFileSync(freezer.file, freezer.words[1]);
    throw new Error(`unable to ${frozen ? "freeze" : "thaw"}`);
  }
  frozen()          {
    try {
      return this.#freezer()?.state() ?? false;
    } catch {
      return false;
    }
  }
  remove(wait            )       {
    for (const { folder } of this.places) removeFolder(folder, wait);
  }
}
function pidsBelow(folder        )           {
  const pids           = [];
  try {
    for (const line of readFileSync(join(folder, "cgroup.procs"), "latin1").split("\n")) if (line !== "") pids.push(Number(line));
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) pids.push(...pidsBelow(join(folder, entry.name)));
  } catch {
  }
  return pids;
}
function existingFile(folder        , file        , value        )                            {
  if (existsSync(join(folder, file)) || !file.includes(".bfq.weight")) return [file, value];
  const plain = file.replace(".bfq", "");
  return [plain, plain === "io.weight" && /^\d+$/u.test(value) ? `${ioWeight(Number(value))}` : value];
}
function enableControllers({ mountPoint, folder }            )       {
  const above           = [];
  for (let at = dirname(folder); at.startsWith(mountPoint); at = dirname(at)) above.unshift(at);
  for (const parent of above) {
    mkdirSync(parent, { recursive: true });
    const list = readFileSync(join(parent, "cgroup.controllers"), "utf8").trim().split(/\s+/u).filter(Boolean);
    for (const controller of list) {
      try {
        writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
      } catch {
      }
    }
  }
}
function inheritCpuset(mountPoint        , folder        )       {
  if (folder === mountPoint) return;
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readFileSync(join(folder, file), "utf8").trim() !== "") continue;
    inheritCpuset(mountPoint, dirname(folder));
    writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file), "utf8").trim());
  }
}
function attachDeviceFilter(folder        , rules                       , syscalls          )       {
  const group = openSync(folder, "r");
  try {
    const program = syscalls.bpfLoadDevice(deviceFilter(rules));
    syscalls.bpfAttachDevice(group, program);
    syscalls.close(program);
  } finally {
    closeSync(group);
  }
}
function removeFolder(folder        , wait            )       {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      const code = (error                         ).code;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" && code !== "ENOTEMPTY") throw error;
      for (const entry of readdirSync(folder, { withFileTypes: true }))
        if (entry.isDirectory()) removeFolder(join(folder, entry.name), wait);
      if (attempt === 500) throw error;
      if (attempt > 0) wait();
    }
  }
}
return { machineHierarchies, isUnified, CgroupGroup };
})();
// src/linux/proc.ts
const m22 = known.m22 = (() => {
function execFileSync(...args) { return new.target ? new (require("node:child_process").execFileSync)(...args) : require("node:child_process").execFileSync(...args); }
const { readdirSync: readdirSync } = require("node:fs");
const { readFileSync: readFileSync } = require("node:fs");
const { readlinkSync: readlinkSync } = require("node:fs");
function statFields(stat        )                    {
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .trim()
    .split(" ");
}
function processStartTime(pid        )                     {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
function isRunning(identity                 )          {
  return processStartTime(identity.pid) === identity.startTime;
}
function parentProcess(pid        )                     {
  try {
    return Number(statFields(readFileSync(`/proc/${pid}/stat`, "latin1"))[1]);
  } catch {
    return undefined;
  }
}
function unixSockets(pid        )                    {
  try {
    const inodes = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketInode(`/proc/${pid}/fd/${fd}`) ?? []));
    const rows = readFileSync("/proc/net/unix", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/ +/));
    return [...new Set(rows.filter((row) => row[7] !== undefined && inodes.has(row[6] )).map((row) => row[7] ))];
  } catch {
    return [];
  }
}
function socketInode(link        )                     {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined; // Closed between the listing and the reading.
  }
}
function commandLine(pid        )                    {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}
function processIds()                    {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
function processOwner(pid        )                     {
  try {
    const match = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}
function memoryMap(pid        )         {
  const path = `/proc/${pid}/smaps_rollup`;
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    const owner = processOwner(pid);
    if ((error                         ).code !== "EACCES" || !owner || process.getuid?.() !== 0) throw error;
    return execFileSync("cat", [path], { uid: owner, gid: owner, encoding: "latin1", stdio: "pipe", timeout: 2000 });
  }
}
function proportionalSetSize(pid        )                     {
  try {
    const match = /^Pss:\s+(\d+) kB$/m.exec(memoryMap(pid));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
const capabilityBits = {
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
}         ;
function parseEffectiveCapabilities(status        )         {
  const match = /^CapEff:\s*([0-9a-f]+)$/m.exec(status);
  return match ? BigInt(`0x${match[1]}`) : 0n;
}
function hasCapability(capability            )          {
  const effective = parseEffectiveCapabilities(readFileSync("/proc/self/status", "latin1"));
  return ((effective >> BigInt(capabilityBits[capability])) & 1n) === 1n;
}
return { statFields, processStartTime, isRunning, parentProcess, unixSockets, commandLine, processIds, processOwner, proportionalSetSize, capabilityBits, parseEffectiveCapabilities, hasCapability };
})();
// src/runtime/state.ts
const m23 = known.m23 = (() => {
const { existsSync: existsSync } = require("node:fs");
const { mkdirSync: mkdirSync } = require("node:fs");
const { readdirSync: readdirSync } = require("node:fs");
const { readFileSync: readFileSync } = require("node:fs");
const { renameSync: renameSync } = require("node:fs");
const { rmSync: rmSync } = require("node:fs");
const { writeFileSync: writeFileSync } = require("node:fs");
const { join: join } = require("node:path");
const { CgroupGroup: CgroupGroup } = m21;
const { machineHierarchies: machineHierarchies } = m21;
const { processStartTime: processStartTime } = m22;
const { parseExactJson: parseExactJson } = m13;
const { stringifyExactJson: stringifyExactJson } = m13;
const { RuntimeError: RuntimeError } = m1;
const specVersion = "1.2.0";
const containerFolder = (root        , id        )         => join(root, id);
const fifoPath = (root        , id        )         => join(root, id, "exec.fifo");
function checkId(id        )       {
  if (id === "") throw new RuntimeError("container id cannot be empty");
  if (!/^[\w+.-]+$/u.test(id) || id === "." || id === "..") throw new RuntimeError("invalid container ID format");
}
function claimFolder(root        , id        )         {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const folder = containerFolder(root, id);
  try {
    mkdirSync(folder, { mode: 0o711 });
  } catch (error) {
    if ((error                         ).code === "EEXIST") throw new RuntimeError("container with given ID already exists");
    throw error;
  }
  return folder;
}
function saveState(root        , state                )       {
  const path = join(containerFolder(root, state.id), "state.json");
  writeFileSync(`${path}.new`, stringifyExactJson(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
function loadState(root        , id        )                 {
  checkId(id);
  try {
    return parseExactJson(readFileSync(join(containerFolder(root, id), "state.json"), "utf8"))                  ;
  } catch (error) {
    if ((error                         ).code === "ENOENT") throw new RuntimeError("container does not exist");
    throw error;
  }
}
function listStates(root        )                   {
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((id) => {
    try {
      return [loadState(root, id)];
    } catch {
      return []; // Being made or removed at this moment.
    }
  });
}
function removeState(root        , id        )       {
  rmSync(containerFolder(root, id), { recursive: true, force: true });
}
function groupOf(state                                     )              {
  return new CgroupGroup(machineHierarchies(), state.cgroupsPath);
}
function isAlive({ pid, startTime }                                           )          {
  return pid > 0 && processStartTime(pid) === startTime;
}
function statusOf(root        , state                , group              = groupOf(state))         {
  if (state.pid < 0) return "creating";
  if (!isAlive(state)) return "stopped";
  if (group.frozen()) return "paused";
  return existsSync(fifoPath(root, state.id)) ? "created" : "running";
}
function specState(state                , status        )                          {
  const { id, bundle, config } = state;
  const annotations = Object.keys(config.annotations ?? {}).length > 0 ? { annotations: config.annotations } : {};
  const pid = status === "stopped" || state.pid < 0 ? {} : { pid: state.pid };
  return { ociVersion: specVersion, id, status, ...pid, bundle, ...annotations };
}
return { specVersion, containerFolder, fifoPath, checkId, claimFolder, saveState, loadState, listStates, removeState, groupOf, isAlive, statusOf, specState };
})();
// src/runtime/kill.ts
const m24 = known.m24 = (() => {
const { constants: constants } = require("node:os");
const { isErrno: isErrno } = m0;
const { RuntimeError: RuntimeError } = m1;
const { runEndHooks: runEndHooks } = m15;
const { pause: wait } = m12;
const { groupOf: groupOf } = m23;
const { isAlive: isAlive } = m23;
const { loadState: loadState } = m23;
const { removeState: removeState } = m23;
const { specState: specState } = m23;
const { statusOf: statusOf } = m23;
const lastSignal = 64;
const SIGKILL = 9;
function signalNumber(text        )         {
  const number = Number(text);
  if (/^\d+$/u.test(text)) {
    if (number > lastSignal) throw new RuntimeError(`unknown signal ${JSON.stringify(text)}`);
    return number;
  }
  const name = text.toUpperCase().replace(/^(?:SIG)?/u, "SIG");
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/u.exec(name);
  if (realTime) return (realTime[1] === "MIN" ? 34 : lastSignal) + Number(`${realTime[2] ?? "+"}${realTime[3] ?? 0}`);
  const known = constants.signals                                    ;
  if (!Object.hasOwn(known, name)) throw new RuntimeError(`unknown signal ${JSON.stringify(text)}`);
  return known[name] ;
}
function signalInit(syscalls          , state                , signal        )       {
  let pidfd        ;
  try {
    pidfd = syscalls.pidfdOpen(state.pid);
  } catch (error) {
    if (isErrno(error, "ESRCH")) throw new RuntimeError("container not running");
    throw error;
  }
  try {
    if (!isAlive(state)) throw new RuntimeError("container not running");
    syscalls.pidfdSendSignal(pidfd, signal);
  } catch (error) {
    if (isErrno(error, "ESRCH")) throw new RuntimeError("process already finished");
    throw error;
  } finally {
    syscalls.close(pidfd);
  }
}
function signalAll(syscalls          , state                , signal        )       {
  for (const pid of groupOf(state).pids()) {
    try {
      syscalls.kill(pid, signal);
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
    }
  }
}
function kill(syscalls          , root        , id        , signal        , all         )       {
  const state = loadState(root, id);
  if (all) {
    signalAll(syscalls, state, signal);
    return;
  }
  const status = statusOf(root, state);
  if (status === "stopped") throw new RuntimeError("container not running");
  signalInit(syscalls, state, signal);
  if (signal === SIGKILL && status === "paused") groupOf(state).freeze(false, wait);
}
function pauseContainer(root        , id        , frozen         )       {
  const state = loadState(root, id);
  const status = statusOf(root, state);
  if (frozen && status !== "running" && status !== "created") throw new RuntimeError(`container not running or created: ${status}`);
  if (!frozen && status !== "paused") throw new RuntimeError("container not paused");
  groupOf(state).freeze(frozen, wait);
}
function awaitEnd(syscalls          , state                )       {
  for (let attempt = 0; isAlive(state); attempt++) {
    if (attempt === 5000) throw new RuntimeError("container init still running");
    wait();
    if (attempt % 100 === 99) signalAll(syscalls, state, SIGKILL);
  }
}
function remove(syscalls          , root        , id        , force         )       {
  let state                ;
  try {
    state = loadState(root, id);
  } catch (error) {
    if (!force) throw error;
    removeState(root, id);
    return;
  }
  const group = groupOf(state);
  const status = statusOf(root, state, group);
  if (status !== "stopped") {
    if (!force && status !== "created") throw new RuntimeError(`cannot delete container ${id} that is not stopped: ${status}`);
    if (status === "paused") group.freeze(false, wait);
    if (isAlive(state)) signalInit(syscalls, state, SIGKILL);
    awaitEnd(syscalls, state);
  }
  signalAll(syscalls, state, SIGKILL);
  group.remove(wait);
  removeState(root, id);
  runEndHooks(state.config, specState(state, "stopped"));
}
return { signalNumber, kill, pauseContainer, remove };
})();
// src/runtime/start.ts
const m25 = known.m25 = (() => {
const { closeSync: closeSync } = require("node:fs");
const { constants: constants } = require("node:fs");
const { openSync: openSync } = require("node:fs");
const { rmSync: rmSync } = require("node:fs");
const { writeSync: writeSync } = require("node:fs");
const { RuntimeError: RuntimeError } = m1;
const { hasHooks: hasHooks } = m15;
const { runHooks: runHooks } = m15;
const { fifoPath: fifoPath } = m23;
const { loadState: loadState } = m23;
const { specState: specState } = m23;
const { statusOf: statusOf } = m23;
function start(root        , id        , hold                         )       {
  const state = loadState(root, id);
  const status = statusOf(root, state);
  if (status === "stopped") throw new RuntimeError("cannot start a container that has stopped");
  if (status !== "created") throw new RuntimeError(`cannot start an already running container`);
  if (!state.config.process) throw new RuntimeError("cannot start a container without a process");
  const path = fifoPath(root, id);
  const fifo = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const held = hold !== undefined && !hasHooks(state.config, "poststart");
  if (held) hold(fifo);
  rmSync(path, { force: true });
  writeSync(fifo, "0");
  if (held) return;
  closeSync(fifo);
  try {
    runHooks(state.config, "poststart", specState(state, "running"));
  } catch (error) {
    process.kill(state.pid, "SIGKILL");
    throw error;
  }
}
return { start };
})();
// src/runtime/cli/offline.ts
const m26 = known.m26 = (() => {
const { writeFileSync: writeFileSync } = require("node:fs");
const { join: join } = require("node:path");
const { RuntimeError: RuntimeError } = m1;
function features(...args) { return new.target ? new (later(2)["src/runtime/features.ts"].features)(...args) : later(2)["src/runtime/features.ts"].features(...args); }
function exampleConfig(...args) { return new.target ? new (later(1)["src/runtime/spec.ts"].exampleConfig)(...args) : later(1)["src/runtime/spec.ts"].exampleConfig(...args); }
const { specVersion: specVersion } = m23;
const versionText = `dhow-runtime version 0.1.0\nspec: ${specVersion}\nnode: ${process.version}`;
const offlineCommands                                    = {
  features: {
    options: {},
    run: ({ print }) => {
      print(JSON.stringify(features(), undefined, 4));
      return 0;
    },
  },
  spec: {
    options: { bundle: "value", rootless: "flag" },
    short: { b: "bundle" },
    run: ({ options }) => {
      const path = join(options.text("bundle") ?? ".", "config.json");
      const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      try {
        const text = JSON.stringify(exampleConfig(options.flag("rootless") ? owner : undefined), undefined, 2);
        writeFileSync(path, `${text}\n`, { flag: "wx", mode: 0o644 });
      } catch (error) {
        if ((error                         ).code === "EEXIST") throw new RuntimeError(`file ${path} exists. Remove it first`);
        throw error;
      }
      return 0;
    },
  },
};
return { versionText, offlineCommands };
})();
// src/runtime/cli/resources.ts
const m27 = known.m27 = (() => {
const { RuntimeError: RuntimeError } = m1;
const fields                                                                                                  = {
  "blkio-weight": ["blockIO", "weight"],
  "cpu-period": ["cpu", "period"],
  "cpu-quota": ["cpu", "quota"],
  "cpu-burst": ["cpu", "burst"],
  "cpu-share": ["cpu", "shares"],
  "cpu-rt-period": ["cpu", "realtimePeriod"],
  "cpu-rt-runtime": ["cpu", "realtimeRuntime"],
  "cpu-idle": ["cpu", "idle"],
  "cpuset-cpus": ["cpu", "cpus"],
  "cpuset-mems": ["cpu", "mems"],
  memory: ["memory", "limit"],
  "memory-reservation": ["memory", "reservation"],
  "memory-swap": ["memory", "swap"],
  "pids-limit": ["pids", "limit"],
};
const units                                   = { "": 1, b: 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };
const updateOptions              = {
  resources: "value",
  ...(Object.fromEntries(Object.keys(fields).map((name) => [name, "value"]))               ),
};
function amount(name        , text        )         {
  const match = /^(-?\d+)([bkmg]?)b?$/iu.exec(text);
  if (!match) throw new RuntimeError(`invalid value for ${name}: ${text}`);
  return Number(match[1]) * units[match[2] .toLowerCase()] ;
}
function resourcesOf(options        )                  {
  const result                                          = {};
  for (const [name, [part, field]] of Object.entries(fields)) {
    const text = options.text(name);
    if (text !== undefined) result[part] = { ...result[part], [field]: field === "cpus" || field === "mems" ? text : amount(name, text) };
  }
  return result                   ;
}
return { updateOptions, resourcesOf };
})();
// src/runtime/cli/commands.ts
const m28 = known.m28 = (() => {
const { readFileSync: readFileSync } = require("node:fs");
const { parseExactJson: parseExactJson } = m13;
function create(...args) { return new.target ? new (later(1)["src/runtime/create.ts"].create)(...args) : later(1)["src/runtime/create.ts"].create(...args); }
const { RuntimeError: RuntimeError } = m1;
function exec(...args) { return new.target ? new (later(1)["src/runtime/exec.ts"].exec)(...args) : later(1)["src/runtime/exec.ts"].exec(...args); }
function processFromArgs(...args) { return new.target ? new (later(1)["src/runtime/exec.ts"].processFromArgs)(...args) : later(1)["src/runtime/exec.ts"].processFromArgs(...args); }
const { kill: kill } = m24;
const { pauseContainer: pauseContainer } = m24;
const { remove: remove } = m24;
const { signalNumber: signalNumber } = m24;
function list(...args) { return new.target ? new (later(1)["src/runtime/list.ts"].list)(...args) : later(1)["src/runtime/list.ts"].list(...args); }
function listTable(...args) { return new.target ? new (later(1)["src/runtime/list.ts"].listTable)(...args) : later(1)["src/runtime/list.ts"].listTable(...args); }
function processes(...args) { return new.target ? new (later(1)["src/runtime/list.ts"].processes)(...args) : later(1)["src/runtime/list.ts"].processes(...args); }
function processTable(...args) { return new.target ? new (later(1)["src/runtime/list.ts"].processTable)(...args) : later(1)["src/runtime/list.ts"].processTable(...args); }
function stateOf(...args) { return new.target ? new (later(1)["src/runtime/list.ts"].stateOf)(...args) : later(1)["src/runtime/list.ts"].stateOf(...args); }
const { start: start } = m25;
const { loadState: loadState } = m23;
function look(...args) { return new.target ? new (later(1)["src/runtime/update.ts"].look)(...args) : later(1)["src/runtime/update.ts"].look(...args); }
function update(...args) { return new.target ? new (later(1)["src/runtime/update.ts"].update)(...args) : later(1)["src/runtime/update.ts"].update(...args); }
function stayWith(...args) { return new.target ? new (later(1)["src/runtime/cli/foreground.ts"].stayWith)(...args) : later(1)["src/runtime/cli/foreground.ts"].stayWith(...args); }
const { offlineCommands: offlineCommands } = m26;
const { resourcesOf: resourcesOf } = m27;
const { updateOptions: updateOptions } = m27;
function idOf({ options }            , most = 1)         {
  const [id, ...more] = options.rest;
  if (id === undefined) throw new RuntimeError("container id cannot be empty");
  if (more.length >= most) throw new RuntimeError(`accepts ${most} argument(s), received ${more.length + 1}`);
  return id;
}
const createOptions              = {
  bundle: "value",
  "console-socket": "value",
  "pid-file": "value",
  "preserve-fds": "value",
  "no-pivot": "flag",
  "no-new-keyring": "flag",
  "pidfd-socket": "value",
};
function refuseUnsupported(options        )       {
  if (options.text("pidfd-socket") !== undefined) throw new RuntimeError("--pidfd-socket is not supported");
}
function createFrom(invocation            , attached         )          {
  const { options, root } = invocation;
  refuseUnsupported(options);
  return create(invocation.machine(), {
    root,
    id: idOf(invocation),
    bundle: options.text("bundle") ?? process.cwd(),
    attached,
    pidFile: options.text("pid-file"),
    consoleSocket: options.text("console-socket"),
    preserveFds: Number(options.text("preserve-fds") ?? 0),
    newKeyring: !options.flag("no-new-keyring"),
    noPivot: options.flag("no-pivot"),
  });
}
function plain(
  run                                              ,
  options              = {},
  short                                   = {},
)          {
  return {
    options,
    short,
    run: (invocation) => {
      run(invocation, idOf(invocation));
      return 0;
    },
  };
}
async function runContainer(invocation            )                  {
  const { options, root } = invocation;
  const detach = options.flag("detach");
  const machine = invocation.machine();
  const created = createFrom(invocation, !detach);
  const { id, pid } = created.state;
  const { syscalls } = machine;
  try {
    if (!detach) syscalls.setChildSubreaper();
    start(root, id);
  } catch (error) {
    remove(syscalls, root, id, true);
    throw error;
  }
  if (detach) return 0;
  const status = await stayWith({
    pid,
    master: created.master,
    child: created.child,
    resize: (fd, rows, columns) => syscalls.setTerminalSize(fd, rows, columns),
  });
  if (!options.flag("keep")) remove(syscalls, root, id, true);
  return status;
}
function withCapabilities(base                           , more                   )                                             {
  const old = base?.capabilities ?? {};
  const added = (set                               )                    => [...new Set([...(set ?? []), ...more])];
  return { ...old, bounding: added(old.bounding), effective: added(old.effective), permitted: added(old.permitted) };
}
function processOf(invocation            , id        )                {
  const { options, root } = invocation;
  const file = options.text("process");
  if (file !== undefined) return parseExactJson(readFileSync(file, "utf8"))                 ;
  const state = loadState(root, id);
  const args = options.rest.slice(1);
  const [uid, gid] = (options.text("user") ?? "").split(":").filter(Boolean).map(Number);
  const user = { ...state.config.process?.user, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  const additionalGids = options.texts("additional-gids").map(Number);
  return processFromArgs(state, args, {
    terminal: options.flag("tty"),
    env: options.texts("env"),
    ...(options.text("cwd") === undefined ? {} : { cwd: options.text("cwd")  }),
    user: { ...user, ...(additionalGids.length > 0 ? { additionalGids } : {}) },
    ...(options.flag("no-new-privs") ? { noNewPrivileges: true } : {}),
    ...(options.text("apparmor") === undefined ? {} : { apparmorProfile: options.text("apparmor")  }),
    ...(options.texts("cap").length > 0 ? { capabilities: withCapabilities(state.config.process, options.texts("cap")) } : {}),
  });
}
async function execCommand(invocation            )                  {
  const { options, root } = invocation;
  const id = idOf(invocation, Number.POSITIVE_INFINITY);
  for (const name of ["process-label", "cgroup"])
    if (options.text(name) !== undefined) throw new RuntimeError(`exec --${name} is not supported`);
  const machine = invocation.machine();
  const detach = options.flag("detach");
  const { pid, master, child } = exec(machine, {
    root,
    id,
    process: processOf(invocation, id),
    detach,
    pidFile: options.text("pid-file"),
    consoleSocket: options.text("console-socket"),
    preserveFds: Number(options.text("preserve-fds") ?? 0),
    ignorePaused: options.flag("ignore-paused"),
  });
  return detach ? 0 : stayWith({ pid, master, child, resize: (fd, rows, columns) => machine.syscalls.setTerminalSize(fd, rows, columns) });
}
async function events(invocation            )                  {
  const { options, root, print } = invocation;
  const id = idOf(invocation);
  const text = options.text("interval") ?? "5s";
  const seconds = /^(\d+(?:\.\d+)?)(ms|s|m)?$/u.exec(text);
  if (!seconds) throw new RuntimeError(`invalid duration ${JSON.stringify(text)}`);
  const intervalMs = Number(seconds[1]) * { ms: 1, s: 1000, m: 60_000 }[(seconds[2] ?? "s")                    ];
  if (intervalMs <= 0) throw new RuntimeError("duration interval must be greater than 0");
  for (let oomKills = Number.POSITIVE_INFINITY; ; ) {
    const seen = look(root, id, oomKills);
    if (!seen) {
      if (oomKills === Number.POSITIVE_INFINITY) throw new RuntimeError(`container with id ${id} is not running`);
      return 0;
    }
    for (const event of seen.events) print(JSON.stringify(event));
    if (options.flag("stats")) return 0;
    oomKills = seen.oomKills;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
const notSupported          = {
  options: {},
  stop: true,
  run: () => {
    throw new RuntimeError("checkpoint and restore are not supported");
  },
};
const execOptions              = {
  process: "value",
  "console-socket": "value",
  "pid-file": "value",
  "preserve-fds": "value",
  cwd: "value",
  user: "value",
  env: "list",
  tty: "flag",
  detach: "flag",
  "no-new-privs": "flag",
  "ignore-paused": "flag",
  "additional-gids": "list",
  cap: "list",
  apparmor: "value",
  "process-label": "value",
  cgroup: "value",
};
const commands                                    = {
  create: {
    options: createOptions,
    short: { b: "bundle" },
    run: (invocation) => {
      createFrom(invocation, false);
      return 0;
    },
  },
  start: plain(({ root, machine }, id) => start(root, id, (fifo) => machine().syscalls.holdFile(fifo))),
  run: {
    options: { ...createOptions, detach: "flag", keep: "flag", "no-subreaper": "flag" },
    short: { b: "bundle", d: "detach" },
    run: runContainer,
  },
  exec: {
    options: execOptions,
    short: { e: "env", u: "user", t: "tty", d: "detach", p: "process", g: "additional-gids" },
    stop: true,
    run: execCommand,
  },
  kill: {
    options: { all: "flag" },
    short: { a: "all" },
    run: (invocation) => {
      const { machine, root, options } = invocation;
      kill(machine().syscalls, root, idOf(invocation, 2), signalNumber(options.rest[1] ?? "SIGTERM"), options.flag("all"));
      return 0;
    },
  },
  delete: plain(
    ({ machine, root, options }, id) => remove(machine().syscalls, root, id, options.flag("force")),
    { force: "flag" },
    { f: "force" },
  ),
  pause: plain(({ root }, id) => pauseContainer(root, id, true)),
  resume: plain(({ root }, id) => pauseContainer(root, id, false)),
  state: plain(({ root, print }, id) => print(JSON.stringify(stateOf(root, id), undefined, 2))),
  list: {
    options: { format: "value", quiet: "flag" },
    short: { f: "format", q: "quiet" },
    run: ({ root, options, print }) => {
      const all = list(root);
      if (options.flag("quiet")) for (const { id } of all) print(id);
      else print(options.text("format") === "json" ? JSON.stringify(all.length > 0 ? all : null) : listTable(all));
      return 0;
    },
  },
  ps: {
    options: { format: "value" },
    short: { f: "format" },
    stop: true,
    run: (invocation) => {
      const { root, options, print } = invocation;
      const id = idOf(invocation, Number.POSITIVE_INFINITY);
      const json = options.text("format") === "json";
      print(json ? JSON.stringify(processes(root, id)) : processTable(root, id, options.rest.slice(1)));
      return 0;
    },
  },
  update: {
    options: updateOptions,
    short: { r: "resources" },
    run: (invocation) => {
      const { machine, root, options } = invocation;
      const file = options.text("resources");
      const given =
        file === undefined ? resourcesOf(options) : (parseExactJson(readFileSync(file === "-" ? 0 : file, "utf8"))                   );
      update(machine().syscalls, root, idOf(invocation), given);
      return 0;
    },
  },
  events: { options: { interval: "value", stats: "flag" }, run: events },
  checkpoint: notSupported,
  restore: notSupported,
  ...offlineCommands,
};
return { idOf, commands };
})();
// src/runtime/cli/options.ts
const m29 = known.m29 = (() => {
const { RuntimeError: RuntimeError } = m1;
function parseOptions(words                   , table             , short                                  , stop         )         {
  const found = new Map                  ();
  let at = 0;
  const rest           = [];
  while (at < words.length) {
    const word = words[at++] ;
    if (word === "--") {
      rest.push(...words.slice(at));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      rest.push(word);
      if (!stop) continue;
      rest.push(...words.slice(at));
      break;
    }
    const equals = word.indexOf("=");
    const bare = (equals < 0 ? word : word.slice(0, equals)).replace(/^--?/u, "");
    const name = Object.hasOwn(short, bare) ? short[bare]  : bare;
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) throw new RuntimeError(`flag provided but not defined: -${bare}`);
    const value = equals >= 0 ? word.slice(equals + 1) : kind === "flag" ? "true" : words[at++];
    if (value === undefined) throw new RuntimeError(`flag needs an argument: -${bare}`);
    found.set(name, [...(kind === "list" ? (found.get(name) ?? []) : []), value]);
  }
  return {
    text: (name) => found.get(name)?.at(-1),
    texts: (name) => found.get(name) ?? [],
    flag: (name) => found.get(name)?.at(-1) === "true",
    rest,
  };
}
return { parseOptions };
})();
// src/runtime/cli/index.ts
const m30 = known.m30 = (() => {
const { appendFileSync: appendFileSync } = require("node:fs");
const { writeSync: writeSync } = require("node:fs");
const { isErrno: isErrno } = m0;
const { messageOf: messageOf } = m1;
const { RuntimeError: RuntimeError } = m1;
const { openMachine: openMachine } = m12;
const { pause: pause } = m12;
const { commands: commands } = m28;
const { versionText: versionText } = m26;
const { parseOptions: parseOptions } = m29;
const globalOptions              = {
  root: "value",
  log: "value",
  "log-format": "value",
  rootless: "value",
  "soft-nofile": "value",
  criu: "value",
  debug: "flag",
  "systemd-cgroup": "flag",
  version: "flag",
  help: "flag",
};
const usage = `usage: dhow-runtime [--root DIR] [--log FILE] [--log-format text|json] COMMAND [options] [ID]
commands: ${Object.keys(commands).join(", ")}`;
function say(fd       , text        )       {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
      pause();
    }
  }
}
function defaultRoot()         {
  if (process.getuid?.() === 0) return "/run/dhow-runtime";
  return `${process.env["XDG_RUNTIME_DIR"] ?? `/tmp/dhow-runtime-${process.getuid?.() ?? 0}`}/dhow-runtime`;
}
function logTo(options        , level        , msg        )       {
  const file = options.text("log");
  if (file === undefined) return;
  const time = new Date().toISOString();
  const line =
    options.text("log-format") === "json"
      ? JSON.stringify({ level, msg, time })
      : `time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(msg)}`;
  try {
    appendFileSync(file, `${line}\n`);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EACCES")) throw error;
  }
}
async function invoke(options        , entry                   )                  {
  const [name, ...words] = options.rest;
  if (options.flag("version")) {
    say(1, `${versionText}\n`);
    return 0;
  }
  if (name === undefined || options.flag("help") || name === "help") {
    say(1, `${usage}\n`);
    return 0;
  }
  if (options.flag("systemd-cgroup")) throw new RuntimeError("--systemd-cgroup: control groups made by systemd are not supported");
  if (!Object.hasOwn(commands, name)) throw new RuntimeError(`no such command: ${name}`);
  const command = commands[name] ;
  const softNofile = options.text("soft-nofile");
  return command.run({
    machine: () =>
      openMachine({ entry, softNofile: softNofile !== undefined && /^\d+$/u.test(softNofile) ? Number(softNofile) : undefined }),
    root: options.text("root") ?? defaultRoot(),
    options: parseOptions(words, command.options, command.short ?? {}, command.stop ?? false),
    print: (text) => say(1, `${text}\n`),
  });
}
async function runtimeMain(words                   , entry                   )                  {
  let options                    ;
  try {
    options = parseOptions(words, globalOptions, { v: "version", h: "help" }, true);
    return await invoke(options, entry);
  } catch (error) {
    const message = messageOf(error);
    if (options) logTo(options, "error", message);
    say(2, `${options?.flag("debug") && error instanceof Error ? error.stack : message}\n`);
    return 1;
  }
}
return { runtimeMain };
})();
// src/runtime/main.ts
const m31 = known.m31 = (() => {
const { runtimeMain: runtimeMain } = m30;
function init(...args) { return new.target ? new (later(1)["src/runtime/init/index.ts"].init)(...args) : later(1)["src/runtime/init/index.ts"].init(...args); }
const [first, ...rest] = process.argv.slice(2);
if (first === "init") init(Number(rest[0]), rest[1]);
else void runtimeMain(process.argv.slice(2), [process.argv[1] ?? ""]).then((status) => process.exit(status));
return {  };
})();
