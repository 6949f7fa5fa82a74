// `dhow store` as a process whose words are read: started on a folder, perhaps under strace, until it serves or ends.
// Invariant: every wait has a bound; what it said on its way is there for the assertion.
// Called by: store-face.e2e.ts. Next on the way: conformance/etcd/driver.ts, which asks it.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { freePort } from "../../conformance/etcd/servers.ts";

const launcher = join(import.meta.dirname, "../../bin/dhow");
const boundMs = 60_000;
const lookMs = 20;

export class StoreProcess {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;
  said = "";

  private constructor(endpoint: string, child: ChildProcess) {
    this.endpoint = endpoint;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    this.exited = new Promise((resolve) => child.once("close", resolve));
  }

  /** `before`: a program that runs it. */
  static async start(directory: string, before: readonly string[] = [], flags: readonly string[] = []): Promise<StoreProcess> {
    const [port, peerPort] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const own = ["--data-dir", directory, "--listen-client-urls", url, "--listen-peer-urls", `http://127.0.0.1:${peerPort}`];
    const [program = "", ...rest] = [...before, "sh", launcher, "store", ...own, ...flags];
    return new StoreProcess(`127.0.0.1:${port}`, spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** False if it ended instead. */
  async serves(): Promise<boolean> {
    const lateMs = performance.now() + boundMs;
    while (performance.now() < lateMs) {
      const health = await fetch(`http://${this.endpoint}/health`).then(
        (answer) => answer.text(),
        () => "",
      );
      if (health.includes("true")) return true;
      if (this.#child.exitCode !== null) return false;
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
    throw new Error(`the store neither serves nor ends: ${this.said}`);
  }

  /** Its exit code; killed when it does not end. */
  async code(): Promise<number | null> {
    const late = setTimeout(() => this.#child.kill("SIGKILL"), boundMs);
    const code = await this.exited;
    clearTimeout(late);
    return code;
  }

  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.exited;
  }
}
