// Paths inside a container, which its owner may have filled with links: every one is opened below the root by the kernel itself.
// Invariant: no path of the container is ever joined to a path of the machine; what comes back is a descriptor that cannot be swapped.
// Called by: mounts.ts, devices.ts, paths.ts. Next on the way: mounts.ts.

import { type FileStatus, isErrno, openFlags, resolveFlags, type Syscalls } from "#linux";
import { RuntimeError } from "../errors.ts";

/** A rename somewhere else may make the kernel give up once; more often is an attack. */
const attempts = 64;
const linkLimit = 40;

export class Inside {
  readonly #syscalls: Syscalls;
  /** The root of the container. */
  readonly fd: number;

  constructor(syscalls: Syscalls, root: number) {
    this.#syscalls = syscalls;
    this.fd = root;
  }

  /** Links are followed, but never out. */
  open(path: string, flags: number = openFlags.path, mode = 0): number {
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#syscalls.openat2(this.fd, path, { flags, mode, resolve: resolveFlags.inRoot });
      } catch (error) {
        if (!isErrno(error, "EAGAIN") || attempt === attempts) throw error;
      }
    }
  }

  tryOpen(path: string, flags: number = openFlags.path): number | undefined {
    try {
      return this.open(path, flags);
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  with<T>(fd: number, use: (fd: number) => T): T {
    try {
      return use(fd);
    } finally {
      this.#syscalls.close(fd);
    }
  }

  status(fd: number): FileStatus {
    return this.#syscalls.status(fd);
  }

  exists(path: string): boolean {
    const fd = this.tryOpen(path);
    if (fd !== undefined) this.#syscalls.close(fd);
    return fd !== undefined;
  }

  /** Makes the folders that are missing; a link that leads nowhere leads to a folder afterwards. */
  makeFolder(path: string, mode = 0o755, links = 0): number {
    const found = this.tryOpen(path, openFlags.pathDirectory);
    if (found !== undefined) return found;
    const [parent, name] = split(path);
    if (name === "") throw new RuntimeError(`${path} is not a folder`);
    return this.with(this.makeFolder(parent, 0o755, links), (directory) => {
      const target = this.#linkTarget(directory, name);
      if (target !== undefined) {
        if (links === linkLimit) throw new RuntimeError(`${path}: too many links`);
        return this.makeFolder(target.startsWith("/") ? target : `${parent}/${target}`, mode, links + 1);
      }
      try {
        this.#syscalls.mkdirat(directory, name, mode);
      } catch (error) {
        if (!isErrno(error, "EEXIST")) throw error;
      }
      return this.#syscalls.openat2(directory, name, {
        flags: openFlags.pathDirectory,
        resolve: resolveFlags.beneath | resolveFlags.noSymlinks,
      });
    });
  }

  /** An empty file at the path, or what is there. */
  makeFile(path: string, links = 0): number {
    const found = this.tryOpen(path);
    if (found !== undefined) return found;
    const [parent, name] = split(path);
    return this.with(this.makeFolder(parent), (directory) => {
      const target = this.#linkTarget(directory, name);
      if (target !== undefined) {
        if (links === linkLimit) throw new RuntimeError(`${path}: too many links`);
        return this.makeFile(target.startsWith("/") ? target : `${parent}/${target}`, links + 1);
      }
      const resolve = resolveFlags.beneath | resolveFlags.noSymlinks;
      this.#syscalls.close(this.#syscalls.openat2(directory, name, { flags: openFlags.create, mode: 0o755, resolve }));
      return this.#syscalls.openat2(directory, name, { flags: openFlags.path, resolve });
    });
  }

  #linkTarget(directory: number, name: string): string | undefined {
    try {
      return this.#syscalls.readlinkat(directory, name);
    } catch (error) {
      if (isErrno(error, "ENOENT", "EINVAL")) return undefined;
      throw error;
    }
  }
}

/** Folder and last name of a path; no name where the path ends in one that stands for a folder. */
export function split(path: string): [string, string] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.pop() ?? "";
  if (name === "..") throw new RuntimeError(`path ends in "..": ${path}`);
  return [`/${parts.join("/")}`, name];
}
