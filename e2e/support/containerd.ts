// A containerd of a test's own, driven by ctr: its socket, its folders, a busybox root filesystem, and what its containers have left on the machine.
// Invariant: another containerd is never touched; `leftovers` counts whatever bears this one's folder, namespace or socket, and a new name in a shared folder.
// Called by: runtime.e2e.ts, conformance/oci/many.ts. Next on the way: host.ts, the machine as a whole.

import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, type Result, run } from "./commands.ts";
import { type HostPicture, picture } from "./host.ts";

const commands = ["sh", "true", "sleep", "cat", "ls", "tty", "grep", "stty", "id"];

/** Folders that every containerd on the machine writes to: shims' sockets, the runtimes' own states. */
const shared = ["/run/containerd/s", "/run/dhow-runtime", "/run/runc", "/run/crun"];

interface Left {
  readonly host: HostPicture;
  readonly folders: readonly string[];
  readonly own: readonly string[];
}

function entriesOf(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [];
}

export class OwnContainerd {
  readonly directory: string;
  readonly rootfs: string;
  readonly namespace: string;
  readonly runtime: string;
  readonly #ctr: readonly string[];
  #child: ChildProcess | undefined;

  constructor(name: string, runtime: string) {
    this.directory = mkdtempSync(join(tmpdir(), `dhow-e2e-${name}-`));
    this.rootfs = join(this.directory, "rootfs");
    this.namespace = `dhow-e2e-${name}-${process.pid}`;
    this.runtime = runtime;
    this.#ctr = ["--address", this.socket, "--namespace", this.namespace];
  }

  get socket(): string {
    return join(this.directory, "containerd.sock");
  }

  ctr(...args: readonly string[]): Promise<Result> {
    return run("ctr", [...this.#ctr, ...args], { timeoutMs: 300_000 });
  }

  mustCtr(...args: readonly string[]): Promise<string> {
    return must("ctr", [...this.#ctr, ...args], { timeoutMs: 300_000 });
  }

  /** `ctr run` of our root filesystem by the runtime under test. */
  runArgs(id: string, flags: readonly string[], command: readonly string[]): readonly string[] {
    return ["run", ...flags, "--runc-binary", this.runtime, "--rootfs", "--env", "PATH=/bin", this.rootfs, id, ...command];
  }

  /** The whole command, for a shell. */
  words(args: readonly string[]): string {
    return ["ctr", ...this.#ctr, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  }

  #writeRootfs(): void {
    for (const folder of ["bin", "dev", "proc", "sys", "tmp", "etc"]) mkdirSync(join(this.rootfs, folder), { recursive: true });
    copyFileSync("/bin/busybox", join(this.rootfs, "bin/busybox"));
    for (const name of commands) symlinkSync("busybox", join(this.rootfs, "bin", name));
  }

  async start(): Promise<void> {
    this.#writeRootfs();
    const quoted = (name: string): string => JSON.stringify(join(this.directory, name));
    const lines = [
      "version = 2",
      `root = ${quoted("root")}`,
      `state = ${quoted("state")}`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      "[grpc]",
      `address = ${quoted("containerd.sock")}`,
    ];
    writeFileSync(join(this.directory, "config.toml"), `${lines.join("\n")}\n`);
    const log = openSync(join(this.directory, "containerd.log"), "a");
    this.#child = spawn("containerd", ["--config", join(this.directory, "config.toml")], { stdio: ["ignore", log, log] });
    for (let attempt = 0; attempt < 600; attempt++) {
      if ((await this.ctr("version")).code === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`containerd does not answer:\n${readFileSync(join(this.directory, "containerd.log"), "utf8")}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    for (const line of globSync(`/sys/fs/cgroup/{,*/}${this.namespace}`)) await run("rmdir", [line]);
    rmSync(join("/run/containerd/runc", this.namespace), { recursive: true, force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The machine with this containerd running and no container of it. */
  async look(): Promise<Left> {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/u.test(name));
    const processes = pids.flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`/${this.namespace}/`) ? [`process ${pid}`] : [];
      } catch {
        return []; // Gone between the listing and the reading.
      }
    });
    const tasks = join(this.directory, "state/io.containerd.runtime.v2.task", this.namespace);
    const groups = globSync(`/sys/fs/cgroup/{,*/}${this.namespace}/*/`);
    const own = [...processes, ...groups, ...entriesOf(tasks), ...entriesOf(join("/run/containerd/runc", this.namespace))];
    const host = await picture(this.directory);
    // Other groups are others'. The folder of the namespace itself, which a runtime makes and nobody removes, goes when this containerd ends.
    const cgroups = host.cgroups.filter((path) => path.includes(`/${this.namespace}/`));
    return { host: { ...host, cgroups }, folders: shared.flatMap(entriesOf).toSorted(), own };
  }
}
