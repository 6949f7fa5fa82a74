// A containerd of dhow's own: prepared (files), started by whoever supervises processes, awaited, found again, and cleared away.
// Invariant: preparing is idempotent and starts nothing; a containerd is ours only if its command line names our config file.
// Called by: compose/, the supervisor. Next on the way: ready.ts when it has been started, shutdown.ts when it is to go.

import { mkdirSync, writeFileSync } from "node:fs";
import { type ContainerdPaths, type ContainerdSettings, containerdConfig, containerdPaths } from "./config.ts";

export interface PreparedContainerd {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly socket: string;
  readonly paths: ContainerdPaths;
}

export interface PrepareOptions extends ContainerdSettings {
  /** The node's CNI configuration and its file name; written only when it changed, because containerd watches the folder. */
  readonly cni: { readonly file: string; readonly conflist: object };
}

export function prepareContainerd(options: PrepareOptions): PreparedContainerd {
  const paths = containerdPaths(options.directory);
  for (const folder of [paths.root, paths.state, paths.cniConfDirectory]) mkdirSync(folder, { recursive: true, mode: 0o711 });
  writeFileSync(paths.config, containerdConfig(options), { mode: 0o600 });
  writeFileSync(`${paths.cniConfDirectory}/${options.cni.file}`, `${JSON.stringify(options.cni.conflist, null, 2)}\n`);
  return {
    argv: ["containerd", "--config", paths.config, "--log-level", "warn"],
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    socket: paths.socket,
    paths,
  };
}

/** What this folder needs of the kernel; #linux has it. Handed in, since runtimes are known to this layer only by their wire. */
export interface Kernel {
  processIds(): readonly number[];
  commandLine(pid: number): readonly string[];
  processStartTime(pid: number): string | undefined;
  unmountBelow(directory: string): Promise<readonly string[]>;
  cgroupProcesses(path: string): readonly number[];
  removeCgroup(path: string): { removed: readonly string[]; busy: readonly string[] };
}

export interface FoundProcess {
  readonly pid: number;
  readonly startTime: string;
}

type ProcessTable = Pick<Kernel, "processIds" | "commandLine" | "processStartTime">;

function find(kernel: ProcessTable, matches: (argv: readonly string[]) => boolean): readonly FoundProcess[] {
  const found: FoundProcess[] = [];
  for (const pid of kernel.processIds()) {
    if (!matches(kernel.commandLine(pid))) continue;
    const startTime = kernel.processStartTime(pid);
    if (startTime !== undefined) found.push({ pid, startTime });
  }
  return found;
}

/** The instance itself, if it is still running: for adoption after everything else was killed. */
export function findContainerd(directory: string, kernel: Kernel): FoundProcess | undefined {
  const { config } = containerdPaths(directory);
  return find(kernel, (argv) => (argv[0] ?? "").endsWith("containerd") && argv[argv.indexOf("--config") + 1] === config)[0];
}

/** Shims of the instance; they outlive it. */
export function findShims(directory: string, kernel: ProcessTable): readonly FoundProcess[] {
  const { socket } = containerdPaths(directory);
  return find(kernel, (argv) => (argv[0] ?? "").includes("containerd-shim") && argv[argv.indexOf("-address") + 1] === socket);
}
