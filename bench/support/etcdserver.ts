// A server that speaks etcd's gRPC, to be measured: started on a folder of its own, killed, started on the same folder again.
// Invariant: nothing of it is left after `destroy`; what is counted is the serving process, looked at from outside.
// Called by: store.ts, killrounds.ts. Next on the way: etcdclient.ts for what is asked of it.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const upMs = 60_000;
const lookMs = 5;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export class EtcdServer {
  readonly name: string;
  readonly #command: readonly string[];
  readonly folder = mkdtempSync(join(tmpdir(), "dhow-bench-store-"));
  #port = 0;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  /** `command` is the program and what comes before etcd's flags. */
  constructor(name: string, command: readonly string[]) {
    this.name = name;
    this.#command = command;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Milliseconds until its health page says that it serves. */
  async start(): Promise<number> {
    const peer = await freePort();
    this.#port = await freePort();
    const url = `http://${this.endpoint}`;
    const [program = "", ...before] = this.#command;
    const own = ["--data-dir", join(this.folder, "data"), "--listen-client-urls", url, "--advertise-client-urls", url];
    const beganMs = performance.now();
    const child = spawn(program, [...before, ...own, "--listen-peer-urls", `http://127.0.0.1:${peer}`], { stdio: "ignore" });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once("exit", resolve));
    for (;;) {
      const health = await fetch(`${url}/health`).then(
        (answer) => answer.text(),
        () => "",
      );
      if (health.includes("true")) return performance.now() - beganMs;
      if (child.exitCode !== null || performance.now() - beganMs > upMs) throw new Error(`${this.name} does not serve`);
      await wait(lookMs);
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    await this.#exited;
  }

  memoryBytes(): number {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, "latin1"))?.[1]) * 1024;
  }

  async destroy(): Promise<void> {
    await this.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
