// Two servers to ask: etcd of the machine, and `dhow store`; each in a fresh folder, on free ports, gone afterwards.
// Invariant: both get the same flags, so that both have the same ids; a server that does not come up is an error, not a wait.
// Called by: record.ts, e2e/etcd.e2e.ts. Next on the way: transcript.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const upMs = 30_000;
const everyMs = 50;

export interface TestServer {
  readonly endpoint: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function serves(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + upMs;
  for (;;) {
    // etcd has no other sign than its health page.
    const answer = await fetch(`${url}/health`).then(
      (response) => response.text(),
      () => "",
    );
    if (answer.includes("true")) return;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server at ${url} does not serve`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** `command` is the program with what comes before etcd's flags. */
export async function startServer(command: readonly string[], flags: readonly string[] = []): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "etcd-transcript-"));
  const [port, peerPort] = [await freePort(), await freePort()];
  const endpoint = `127.0.0.1:${port}`;
  const url = `http://${endpoint}`;
  const [program = "", ...before] = command;
  const own = ["--data-dir", join(folder, "data"), "--listen-client-urls", url, "--advertise-client-urls", url];
  const child = spawn(program, [...before, ...own, "--listen-peer-urls", `http://127.0.0.1:${peerPort}`, ...flags], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await serves(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, pid: child.pid ?? 0, stop };
}

/** Flags that a transcript asks for in its first line: `# flags: --quota-backend-bytes=…`. */
export const flagsOf = (text: string): string[] => (/^# flags: (.*)$/m.exec(text)?.[1] ?? "").split(" ").filter((flag) => flag !== "");
