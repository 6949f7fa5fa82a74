// One bundle, and what runtimes do with it: a whole life of `true`, and a container that waits.
// Invariant: every container made here is deleted here, also when something fails.
// Called by: bench/runtime.ts. Next on the way: bin/dhow-runtime.

import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type Machine, remove, start } from "#runtime";

export interface RuntimeUnderTest {
  readonly name: string;
  readonly path: string;
}

export interface Cost {
  readonly wallMs: number;
  /** Of all processes the shell waited for: the runtime's commands, not the container's own. */
  readonly cpuMs: number;
}

const boundMs = 120_000;

/** A life as one line of bash (whose `times` counts finer than others'), so that starting it costs every runtime the same. The end is seen without asking the runtime. */
const life = `"$R" --root "$S" create --bundle "$B" --pid-file "$B/pid" "$I" >/dev/null 2>&1 </dev/null && "$R" --root "$S" start "$I" &&
read -r pid <"$B/pid" || [ -n "$pid" ]; while [ -e "/proc/$pid/exe" ]; do :; done; until "$R" --root "$S" delete "$I" 2>/dev/null; do :; done; times >&2`;

/** Of what bash's `times` prints the second line: the children, without the shell's own waiting. */
function seconds(text: string): number {
  const children = text.trim().split("\n").at(-1) ?? "";
  return [...children.matchAll(/(\d+)m([\d.]+)s/gu)].reduce((sum, match) => sum + Number(match[1]) * 60 + Number(match[2]), 0);
}

export class Bundle {
  readonly #folder = mkdtempSync(join(tmpdir(), "dhow-bench-runtime-"));
  readonly #made = new Map<string, RuntimeUnderTest>();

  constructor() {
    const rootfs = join(this.#folder, "bundle/rootfs");
    for (const name of ["bin", "proc", "dev", "sys", "tmp"]) mkdirSync(join(rootfs, name), { recursive: true });
    copyFileSync("/bin/busybox", join(rootfs, "bin/busybox"));
    symlinkSync("busybox", join(rootfs, "bin/true"));
  }

  #config(id: string): string {
    const bundle = join(this.#folder, id);
    mkdirSync(bundle, { recursive: true });
    spawnSync("cp", ["-a", join(this.#folder, "bundle/rootfs"), bundle]);
    spawnSync(join(import.meta.dirname, "../../bin/dhow-runtime"), ["spec", "--bundle", bundle]);
    const path = join(bundle, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8")) as { process: object; linux: { namespaces: unknown[] } };
    const linux = { ...config.linux, cgroupsPath: `/dhow-bench/${id}`, namespaces: config.linux.namespaces };
    writeFileSync(
      path,
      JSON.stringify({ ...config, process: { ...config.process, terminal: false, args: ["true"] }, linux, ociVersion: "1.0.2" }),
    );
    return bundle;
  }

  #environment({ name, path }: RuntimeUnderTest, id: string): Record<string, string> {
    return {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      R: path,
      S: join(this.#folder, `state-${name}`),
      B: this.#config(`${name}-${id}`),
      I: `dhow-bench-${name}-${id}`,
    };
  }

  async cycle(runtime: RuntimeUnderTest, id: string): Promise<Cost> {
    const env = this.#environment(runtime, id);
    this.#made.set(env["I"]!, runtime);
    const started = performance.now();
    const child = spawn("bash", ["-c", life], { env, stdio: ["ignore", "ignore", "pipe"], timeout: boundMs });
    let times = "";
    child.stderr.on("data", (chunk: Buffer) => (times += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`${runtime.name}: ${times}`);
    this.#made.delete(env["I"]!);
    return { wallMs: performance.now() - started, cpuMs: seconds(times) * 1000 };
  }

  /** The same life by the library, in this process, as a daemon would do it that makes one container after the other. */
  async libraryCycle(machine: Machine, id: string): Promise<Cost> {
    const root = join(this.#folder, "state-library");
    const name = `dhow-bench-library-${id}`;
    const bundle = this.#config(`library-${id}`);
    const [started, before] = [performance.now(), process.cpuUsage()];
    const options = { attached: false, preserveFds: 0, newKeyring: true, noPivot: false };
    const { state } = create(machine, { root, id: name, bundle, ...options });
    try {
      start(root, name);
      while (existsSync(`/proc/${state.pid}/exe`));
    } finally {
      // What has no program any more may still be ending.
      remove(machine.syscalls, root, name, true);
    }
    const { user, system } = process.cpuUsage(before);
    const cost = { wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
    // The event loop asks how its child went.
    await new Promise((resolve) => setImmediate(resolve));
    return cost;
  }

  async waiting(runtime: RuntimeUnderTest): Promise<{ privateKiB: number; sharedKiB: number; threads: number }> {
    const env = this.#environment(runtime, "waiting");
    this.#made.set(env["I"]!, runtime);
    const options = { env, stdio: "ignore" as const, timeout: boundMs };
    spawnSync(runtime.path, ["--root", env["S"]!, "create", "--bundle", env["B"]!, env["I"]!], options);
    const state = spawnSync(runtime.path, ["--root", env["S"]!, "state", env["I"]!], { env, encoding: "utf8" });
    const { pid } = JSON.parse(state.stdout) as { pid: number };
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "mu").exec(rollup)?.[1] ?? 0);
    const threads = Number(/^Threads:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    spawnSync(runtime.path, ["--root", env["S"]!, "delete", "--force", env["I"]!], options);
    this.#made.delete(env["I"]!);
    const privateKiB = field("Private_Dirty");
    return { privateKiB, sharedKiB: field("Rss") - privateKiB, threads };
  }

  destroy(): void {
    for (const [id, { name, path }] of this.#made)
      spawnSync(path, ["--root", join(this.#folder, `state-${name}`), "delete", "--force", id], { stdio: "ignore" });
    // Runtimes remove the container's group, not the one above it.
    for (const group of globSync("/sys/fs/cgroup/{,*/}dhow-bench")) rmdirSync(group);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
