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

export interface InitContext {
  readonly syscalls: Syscalls;
  readonly request: InitRequest;
  /** The socket to whoever creates. */
  readonly socket: number;
  /** Says that nothing can fail any more but the program, and lets go of the socket. */
  readonly ready: () => void;
  /** Blocks until somebody writes; a process of exec has none. */
  readonly fifo: number;
  /** By index of the mount. */
  readonly mappings: ReadonlyMap<number, number>;
  /** The caller's console socket; undefined: the creator wants the terminal itself. */
  readonly console: number | undefined;
}
