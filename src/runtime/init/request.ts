// Everything the first process must know, decided beforehand by whoever creates the container.
// Invariant: plain data; paths are those of the machine, descriptors those the process was started with.
// Called by: create.ts, exec.ts, init/. Next on the way: init/index.ts.

import type { Syscalls } from "#linux";
import type { Config, ProcessConfig } from "../config.ts";

export interface InitRequest {
  readonly kind: "create" | "exec";
  readonly id: string;
  readonly config: Config;
  readonly process: ProcessConfig | undefined;
  readonly bundle: string;
  readonly rootfs: string;
  /** Flags of namespaces to make, in one call. */
  readonly newNamespaces: number;
  /** Namespaces to join, in this order; the mount namespace last. */
  readonly join: readonly { readonly path: string; readonly flag: number }[];
  /** Files to write "0" to. */
  readonly cgroupDoors: readonly string[];
  readonly userNamespace: boolean;
  readonly preserveFds: number;
  /** Whether someone outside wants to run hooks between mounting and changing the root. */
  readonly outsideHooks: boolean;
  readonly newKeyring: boolean;
  /** The root lies on a ramdisk, which cannot be left by pivot_root. */
  readonly noPivot: boolean;
  readonly lastCapability: number;
  /** The open files a process of the caller may have; Node raised its own. */
  readonly softNofile: number | undefined;
  readonly hookState: Record<string, unknown>;
  readonly hasConsole: boolean;
  /** Mounts (by their index) whose owners are mapped; the namespaces are the last descriptors, in this order. */
  readonly mappedMounts: readonly number[];
}

/** What the process is started with, after the preserved descriptors: the socket, its own program, the FIFO, perhaps a console socket, mappings. */
export function descriptorsFrom(socket: number, request: InitRequest): Pick<InitContext, "fifo" | "console" | "mappings"> {
  const after = socket + (request.hasConsole ? 4 : 3);
  return {
    fifo: socket + 2,
    console: request.hasConsole ? socket + 3 : undefined,
    mappings: new Map(request.mappedMounts.map((mount, index) => [mount, after + index])),
  };
}

export interface InitContext {
  readonly syscalls: Syscalls;
  readonly request: InitRequest;
  /** The namespaces and mounts are there: whoever creates runs hooks of the outside. */
  readonly outsideHooks: () => void;
  /** For whoever creates and stays: this terminal is yours. */
  readonly giveTerminal: (master: number) => void;
  /** Nothing can fail any more but the program: says so, then does what comes last, without anybody who listens. */
  readonly leave: (last: (syscalls: Syscalls) => void) => void;
  /** Blocks until somebody writes; a process of exec has none. */
  readonly fifo: number;
  /** By index of the mount. */
  readonly mappings: ReadonlyMap<number, number>;
  /** The caller's console socket; undefined: the creator wants the terminal itself. */
  readonly console: number | undefined;
}
