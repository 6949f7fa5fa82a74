// The AppArmor profile that the program runs under: the kernel is told now, and changes to it at the next execve.
// Invariant: the file to write is opened in the machine's own /proc, before any mount of the container's; nothing but the program is executed in between.
// Called by: create.ts, exec.ts of init/. Next on the way: identity.ts.

import { errnoText, isErrno, SyscallError, type Syscalls } from "#linux";
import { messageOf, RuntimeError } from "../errors.ts";
import type { InitRequest } from "./request.ts";

/** AppArmor's own file, and the one it shares with other modules on kernels before 5.8. */
const files = ["/proc/thread-self/attr/apparmor/exec", "/proc/thread-self/attr/exec"] as const;

/** As runc says it, since people look for these words. */
const words = "unable to apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/apparmor/exec";

/** What of the kernel's is written to; a test has its own. */
export interface AttributeFiles {
  open(path: string): number;
  write(fd: number, text: string): void;
  close(fd: number): void;
}

export const attributeFiles = (syscalls: Syscalls): AttributeFiles => ({
  open: (path) => syscalls.openWrite(path),
  write: (fd, text) => syscalls.write(fd, text),
  close: (fd) => syscalls.close(fd),
});

function open(kernel: AttributeFiles): number {
  try {
    return kernel.open(files[0]);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    return kernel.open(files[1]);
  }
}

/** Answers what applies the profile, once, after which this file is closed. A process without one has the container's. */
export function openConfinement({ process, config }: Pick<InitRequest, "process" | "config">, kernel: AttributeFiles): () => void {
  const profile = process?.apparmorProfile || config.process?.apparmorProfile;
  if (!profile) return () => undefined;
  const refused = (error: unknown): RuntimeError => {
    const why = error instanceof SyscallError ? errnoText(error.errno) : messageOf(error);
    return new RuntimeError(`${words}: ${why}`, { cause: error });
  };
  let fd: number;
  try {
    fd = open(kernel);
  } catch (error) {
    throw refused(error);
  }
  return () => {
    try {
      kernel.write(fd, `exec ${profile}`);
    } catch (error) {
      throw refused(error);
    } finally {
      kernel.close(fd);
    }
  };
}
