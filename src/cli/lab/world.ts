// The world a page is played in: a folder, an own $DHOW_HOME, perhaps a cluster; and mutants that come and go.
// Invariant: whatever happened inside, `close` stops the cluster, kills what carries our mark and removes the folder.
// Called by: player.ts. Next on the way: hooks.ts, which the world's processes load; compose/ for the cluster itself.

import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Clock } from "#lib";
import { CliError } from "../io.ts";
import type { WorldSpec } from "./format.ts";
import { endMarked, removeGroups, unmountAll } from "./host.ts";
import { layOutMembers, memberScript } from "./members.ts";

export interface Ran {
  readonly code: number;
  readonly output: string;
}

export interface World {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  run(command: string): Promise<Ran>;
  /** The mutants (as text) that processes started from now on carry. A cluster is started anew with them. */
  mutate(mutants: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly root: string;
  /** Folder of the lab, whose files stand in the world's folder too. */
  readonly files?: string;
  readonly clock: Clock;
  /** `file#symbol path` of what the learner wrote. */
  readonly my: readonly string[];
  /** Further environment, such as a terminal's width. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** An empty folder somebody else made for this world; else one of its own. */
  readonly folder?: string;
}

const commandMs = 60_000;
const clusterName = "lab";
/** A Monday, on the hour: schedules and logs of a simulated world are the same on every day it is played. */
const simulatedSince = "2026-01-05T09:00:00Z";

/** The flags of `up` for a page's cluster; absent: it has none. */
function clusterFlags(spec: WorldSpec): readonly string[] | undefined {
  if (spec.kind === "up") return spec.flags;
  if (spec.kind !== "sim") return undefined;
  const nodes = spec.flags.some((flag) => flag.startsWith("--simulated-nodes")) ? [] : ["--simulated-nodes", "3"];
  return ["--clock", "virtual", "--seed", String(spec.seed), "--since", simulatedSince, ...nodes, ...spec.flags];
}

export const hasCluster = (spec: WorldSpec): boolean => clusterFlags(spec) !== undefined;

export const newFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), "dhow-lab-")));

/** What the lab's own scripts tell the commands after them, in a file `.env`: an address, say. */
export function toldBy(folder: string): Record<string, string> {
  const file = join(folder, ".env");
  return existsSync(file) ? (parseEnv(readFileSync(file, "utf8")) as Record<string, string>) : {};
}

export async function openWorld(spec: WorldSpec, options: WorldOptions): Promise<World> {
  const world = new ShellWorld(spec, options);
  try {
    await world.open();
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

class ShellWorld implements World {
  readonly folder: string;
  readonly #spec: WorldSpec;
  readonly #options: WorldOptions;
  #mutants: readonly string[] = [];
  #commands = 0;
  #members: readonly string[] = [];

  constructor(spec: WorldSpec, options: WorldOptions) {
    this.#spec = spec;
    this.#options = options;
    this.folder = options.folder ?? newFolder();
  }

  get env(): Record<string, string> {
    const { root, my } = this.#options;
    const hooked = this.#mutants.length > 0 || my.length > 0;
    const inherited = Object.fromEntries(
      Object.entries(this.#options.env).filter(([key, value]) => value !== undefined && !key.startsWith("DHOW_") && key !== "NODE_OPTIONS"),
    ) as Record<string, string>;
    return {
      ...inherited,
      PATH: `${join(root, "bin")}:${inherited["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin`,
      HOME: this.folder,
      LC_ALL: "C",
      NO_COLOR: "1",
      DHOW_HOME: join(this.folder, ".dhow"),
      DHOW_LAB_WORK: this.folder,
      DHOW_ROOT: root,
      ...(hasCluster(this.#spec)
        ? {
            DHOW_NAME: clusterName,
            KUBECONFIG: join(this.folder, ".dhow", clusterName, "kubeconfig"),
            KUBECACHEDIR: join(this.folder, ".kube"),
          }
        : {}),
      ...(hooked
        ? {
            NODE_OPTIONS: `--import ${join(import.meta.dirname, "hooks.ts")}`,
            DHOW_MUTANTS: this.#mutants.join("\n\n"),
            DHOW_MY: my.join("\n"),
          }
        : {}),
    };
  }

  async open(): Promise<void> {
    mkdirSync(join(this.folder, ".dhow"));
    const { files } = this.#options;
    for (const name of files === undefined ? [] : readdirSync(files)) {
      if (!name.endsWith(".md")) symlinkSync(join(files!, name), join(this.folder, name));
    }
    if (this.#spec.kind === "members") this.#members = await layOutMembers(this.folder, this.#spec.count);
    await this.#up();
  }

  async #up(): Promise<void> {
    if (this.#members.length > 0) {
      const start = this.#members.map((name) => `NOWAIT=1 sh ${memberScript} start ${name}`);
      const { code, output } = await this.run([...start, ...this.#members.map((name) => `sh ${memberScript} wait ${name}`)].join(" && "));
      if (code !== 0) throw new CliError(`the lab's members did not come up:\n${output}`);
    }
    const wanted = clusterFlags(this.#spec);
    if (wanted === undefined) return;
    const flags = wanted.map((flag) => `'${flag}'`).join(" ");
    const { code, output } = await this.run(`dhow up --detach --name ${clusterName} ${flags}`);
    if (code !== 0) throw new CliError(`the lab's cluster did not come up:\n${output}`);
  }

  async mutate(mutants: readonly string[]): Promise<void> {
    if (hasCluster(this.#spec)) await this.run(`dhow down --name ${clusterName}`);
    for (const name of this.#members) await this.run(`sh ${memberScript} kill ${name}`);
    this.#mutants = mutants;
    await this.#up();
  }

  /** Output goes to a file, so that what a command leaves running in the background keeps nobody waiting. */
  run(command: string): Promise<Ran> {
    const file = join(this.folder, ".dhow", `command-${++this.#commands}`);
    const out = openSync(file, "w");
    const env = { ...this.env, ...toldBy(this.folder) };
    const child = spawn("/bin/sh", ["-c", command], { cwd: this.folder, env, stdio: ["ignore", out, out], detached: true });
    closeSync(out);
    return new Promise((resolve, reject) => {
      const bound = this.#options.clock.after(
        commandMs,
        () => {
          try {
            process.kill(-child.pid!, "SIGKILL");
          } catch {
            // Ended just now.
          }
        },
        { hold: true },
      );
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        bound.cancel();
        const output = readFileSync(file, "utf8");
        rmSync(file);
        const told =
          signal === null
            ? output
            : `${output}killed by ${signal}${signal === "SIGKILL" ? ` (perhaps after ${commandMs / 1000} s)` : ""}\n`;
        resolve({ code: code ?? 128, output: code === null || code === 0 ? told : `${told}[exit ${code}]\n` });
      });
    });
  }

  async close(): Promise<void> {
    if (hasCluster(this.#spec)) await this.run(`dhow down --purge --name ${clusterName}`).catch(() => undefined);
    await endMarked(this.folder, this.#options.clock);
    await removeGroups(this.folder, this.#options.clock);
    await unmountAll(this.folder);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
