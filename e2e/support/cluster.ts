// A cluster for one e2e file: brought up by the launcher as a user would, driven by real kubectl, taken down at the end.
// Invariant: a home folder of its own; whatever the test does, `down --purge` runs and the folder is removed.
// Called by: every e2e file. Next on the way: host.ts, which compares the machine before and after.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Follower, must, type Result, run, type RunOptions } from "./commands.ts";
import { busyboxArchive } from "./images.ts";

export const root = join(import.meta.dirname, "../..");
export const launcher = join(root, "bin/dhow");

export interface Kubectl {
  readonly name: string;
  readonly path: string;
}

/** Debian's kubectl 1.20, and the machine's own where it has one. `npm run e2e` gets Debian's; a file that is run alone takes what is there. */
export async function kubectls(): Promise<readonly Kubectl[]> {
  const named = process.env["DHOW_E2E_KUBECTL_DEBIAN"];
  const kept = join(root, ".cache/debian-kubectl/usr/bin/kubectl");
  const found: Kubectl[] = [];
  for (const path of [named ?? (existsSync(kept) ? kept : undefined), "kubectl"]) {
    const there = path !== undefined && (path === named || (await run(path, ["version", "--client"])).code === 0);
    const name = there ? await clientVersion(path) : undefined;
    if (name !== undefined && name !== found[0]?.name) found.push({ name, path: path! });
  }
  if (found.length === 0) throw new Error("no kubectl here: `npm run e2e` gets one, DHOW_E2E_KUBECTL_DEBIAN names one");
  return found;
}

async function clientVersion(path: string): Promise<string> {
  const { clientVersion: version } = JSON.parse(await must(path, ["version", "--client", "-o", "json"])) as {
    clientVersion: { major: string; minor: string };
  };
  return `kubectl ${version.major}.${version.minor.replace("+", "")}`;
}

export interface Upped {
  readonly kubeconfig: string;
  readonly server: string;
}

export class Cluster {
  readonly home: string;
  readonly name: string;
  kubectlPath = "kubectl";

  constructor(name: string) {
    this.name = name;
    this.home = mkdtempSync(join(tmpdir(), "dhow-e2e-"));
  }

  get env(): Record<string, string> {
    return { DHOW_HOME: this.home, KUBECONFIG: this.kubeconfig, NO_COLOR: "1" };
  }

  get folder(): string {
    return join(this.home, this.name);
  }

  get kubeconfig(): string {
    return join(this.folder, "kubeconfig");
  }

  dhow(...args: string[]): Promise<Result> {
    return run(launcher, args, { env: this.env, timeoutMs: 120_000 });
  }

  /** `dhow up --detach`; returns what it printed. DHOW_E2E_OCI_RUNTIME says what starts real containers. */
  up(...flags: string[]): Promise<string> {
    const other = process.env["DHOW_E2E_OCI_RUNTIME"];
    const chosen = other !== undefined && flags.includes("containerd") ? ["--oci-runtime", other] : [];
    return must(launcher, ["up", "--name", this.name, "--detach", ...chosen, ...flags], { env: this.env, timeoutMs: 120_000 });
  }

  down(...flags: string[]): Promise<string> {
    return must(launcher, ["down", "--name", this.name, ...flags], { env: this.env, timeoutMs: 120_000 });
  }

  /** kubectl's standard output; a failure throws with everything it said. */
  kubectl(args: string, options: RunOptions = {}): Promise<string> {
    return must(this.kubectlPath, args.split(/\s+/), { ...options, env: { ...this.env, ...options.env } });
  }

  /** kubectl with whatever exit code. */
  tryKubectl(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run(this.kubectlPath, args, { ...options, env: { ...this.env, ...options.env } });
  }

  follow(args: string): Follower {
    return new Follower(this.kubectlPath, args.split(/\s+/), this.env);
  }

  /** Makes a busybox image and hands it to the cluster, as a user would: `dhow image load FILE`. */
  async loadBusybox(reference: string): Promise<void> {
    const archive = join(this.home, "busybox.tar");
    writeFileSync(archive, await busyboxArchive(reference));
    await must(launcher, ["image", "load", "--name", this.name, archive], { env: this.env });
  }

  async destroy(): Promise<void> {
    await run(launcher, ["down", "--name", this.name, "--purge"], { env: this.env, timeoutMs: 120_000 });
    rmSync(this.home, { recursive: true, force: true });
  }
}
