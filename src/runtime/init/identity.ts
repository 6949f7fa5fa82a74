// Who the process is and what it may do, given up step by step until it becomes the container's program.
// Invariant: what is given up cannot be taken back; the seccomp filter is the last thing before execve, or, where only a privileged process may set it, comes before the privilege goes.
// Called by: create.ts, exec.ts of init/. Next on the way: none, the program of the container runs.

import {
  assembleFilter,
  capabilityBits,
  capabilityMask,
  type CapabilityMasks,
  isErrno,
  rlimits,
  type SeccompFilter,
  type Syscalls,
} from "#linux";
import type { Config, ProcessConfig } from "../config.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import { lookPath } from "./look-path.ts";
import type { InitContext } from "./request.ts";
import { applyScheduling } from "./scheduling.ts";

const rlimitNofile = 7;
const nullDevice = 0x103;
const setpcap = 8n;

export interface Prepared {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly filter: SeccompFilter | undefined;
  /** What it may do until then, where the filter needs a privilege. */
  readonly held?: CapabilityMasks | undefined;
}

/** Limits first: they may be above what the container's user could set. */
function setLimits({ syscalls, request }: InitContext, process: ProcessConfig): void {
  const limits = process.rlimits ?? [];
  for (const { type, soft, hard } of limits) {
    try {
      syscalls.setRlimit(rlimits[type]!, { soft: BigInt.asUintN(64, BigInt(soft)), hard: BigInt.asUintN(64, BigInt(hard)) });
    } catch (error) {
      throw new RuntimeError(`error setting rlimit type ${rlimits[type]}: ${messageOf(error)}`, { cause: error });
    }
  }
  // Node raised its own soft limit when it started; the program gets what the caller had.
  if (request.softNofile !== undefined && !limits.some(({ type }) => type === "RLIMIT_NOFILE")) {
    const { hard } = syscalls.getRlimit(rlimitNofile);
    const soft = BigInt(request.softNofile);
    syscalls.setRlimit(rlimitNofile, { soft: soft < hard ? soft : hard, hard });
  }
}

/** Who has no right to take away may be asked for nothing that is not gone already. */
function dropBounding(syscalls: Syscalls, mask: bigint, last: number): void {
  const unwanted = Array.from({ length: last + 1 }, (_none, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 0n);
  const mayDrop = ((syscalls.capabilities().effective >> setpcap) & 1n) === 1n;
  const there = mayDrop ? unwanted : unwanted.filter((bit) => syscalls.hasBounding(bit));
  syscalls.together(() => there.forEach((bit) => syscalls.dropBounding(bit)));
}

function changeUser({ syscalls, request }: InitContext, process: ProcessConfig): void {
  const { uid = 0, gid = 0, additionalGids = [], umask } = process.user ?? {};
  syscalls.setKeepcaps(true);
  try {
    syscalls.setgroups(additionalGids);
  } catch (error) {
    // In a user namespace that its owner made alone nobody may choose groups.
    if (!isErrno(error, "EPERM") || !request.userNamespace || additionalGids.length > 0) throw error;
  }
  syscalls.setresgid(gid);
  syscalls.setresuid(uid);
  syscalls.umask(umask ?? 0o022);
}

/** So that another user may open /dev/stdout again. The null device belongs to everybody. */
function ownStdio(syscalls: Syscalls, uid: number): void {
  for (const fd of [0, 1, 2]) {
    try {
      const { uid: owner, gid, device } = syscalls.status(fd);
      if (owner !== uid && device !== nullDevice) syscalls.chown(fd, uid, gid);
    } catch (error) {
      if (!isErrno(error, "EINVAL", "EPERM", "EROFS", "EBADF")) throw error;
    }
  }
}

/** Tried with root's rights and with the user's: a home may be closed to one of them. */
function enterFolder(syscalls: Syscalls, cwd: string): () => void {
  const check = (): void => {
    // A folder that is not below the root would be a way out.
    if (!syscalls.getcwd().startsWith("/"))
      throw new RuntimeError("current working directory is outside of container mount namespace root");
  };
  try {
    syscalls.chdir(cwd);
    check();
    return () => undefined;
  } catch (error) {
    if (!isErrno(error, "EACCES")) throw refusedFolder(cwd, error);
    return () => {
      try {
        syscalls.chdir(cwd);
        check();
      } catch (again) {
        throw refusedFolder(cwd, again);
      }
    };
  }
}

function refusedFolder(cwd: string, error: unknown): Error {
  if (error instanceof RuntimeError) return error;
  return new RuntimeError(`chdir to cwd (${JSON.stringify(cwd)}) set in config.json failed: ${messageOf(error).replace(/^.*: /u, "")}`, {
    cause: error,
  });
}

const masksOf = (
  process: ProcessConfig,
  last: number,
): ((set: "bounding" | "effective" | "permitted" | "inheritable" | "ambient") => bigint) => {
  return (set) => capabilityMask(process.capabilities?.[set], last).mask;
};

/** Assembled while the root is the machine's: what assembles it is read from a file, and an image may have one by that name. */
export function filterOf(config: Config): Prepared["filter"] {
  return config.linux?.seccomp ? assembleFilter(config.linux.seccomp, globalThis.process.arch) : undefined;
}

/** Up to the point where only the program itself can fail. */
export function prepare(context: InitContext, process: ProcessConfig, filter: Prepared["filter"]): Prepared {
  const { syscalls, request } = context;
  const masks = masksOf(process, request.lastCapability);
  applyScheduling(syscalls, process);
  setLimits(context, process);
  dropBounding(syscalls, masks("bounding"), request.lastCapability);
  ownStdio(syscalls, process.user?.uid ?? 0);
  const enterAsUser = enterFolder(syscalls, process.cwd);
  changeUser(context, process);
  enterAsUser();
  const env = lastOfEach(process.env ?? []);
  const args = process.args ?? [];
  const path = lookPath(args[0] ?? "", env, syscalls);
  const held = filter && !process.noNewPrivileges ? syscalls.capabilities() : undefined;
  return { path, args, env: withHome(syscalls, env, process.user?.uid ?? 0), filter, held };
}

/** Of several values of one name the last counts, for every program alike. */
function lastOfEach(env: readonly string[]): readonly string[] {
  const nameOf = (entry: string): string => entry.split("=", 1)[0] ?? "";
  const last = new Map(env.map((entry, index) => [nameOf(entry), index]));
  return env.filter((entry, index) => last.get(nameOf(entry)) === index);
}

/** Programs look for HOME; other runtimes give it from the container's list of users. */
function withHome(syscalls: Syscalls, env: readonly string[], uid: number): readonly string[] {
  return env.some((entry) => entry.startsWith("HOME=") && entry !== "HOME=")
    ? env
    : [...env.filter((entry) => entry !== "HOME="), `HOME=${homeOf(syscalls, uid)}`];
}

function homeOf(syscalls: Syscalls, uid: number): string {
  try {
    const lines = syscalls.readFile("/etc/passwd").split("\n");
    const home = lines.map((line) => line.split(":")).find((fields) => fields[2] === `${uid}`)?.[5];
    return home || "/";
  } catch {
    return "/";
  }
}

export function become(
  context: Pick<InitContext, "syscalls" | "request">,
  process: ProcessConfig,
  { path, args, env, filter, held }: Prepared,
): never {
  const { syscalls, request } = context;
  const masks = masksOf(process, request.lastCapability);
  syscalls.resetSignals();
  const kept = 3 + request.preserveFds;
  for (let fd = 0; fd < kept; fd++) syscalls.keepOnExec(fd);
  syscalls.closeOnExecFrom(kept);
  if (filter && !process.noNewPrivileges) {
    // Another user has no effective capability left, but still may take what was kept.
    if (held) syscalls.capset({ ...held, effective: held.permitted });
    syscalls.installSeccomp(filter.program, filter.flags);
  }
  syscalls.capset({ effective: masks("effective"), permitted: masks("permitted"), inheritable: masks("inheritable") });
  syscalls.setKeepcaps(false);
  syscalls.clearAmbient();
  for (const bit of capabilityBits(masks("ambient") & masks("permitted") & masks("inheritable"))) syscalls.raiseAmbient(bit);
  if (process.noNewPrivileges) {
    syscalls.setNoNewPrivs();
    if (filter) syscalls.installSeccomp(filter.program, filter.flags);
  }
  return syscalls.execve(path, args, env);
}
