// Running programs in end-to-end tests: bounded, with everything they printed in the failure.
// Invariant: no shell in between; a command that hangs is killed at its bound and fails by name.
// Called by: every e2e file. Next on the way: cluster.ts.

import { type ChildProcess, execFile, spawn } from "node:child_process";

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs to the end and tells how it went; never rejects for an exit code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { stdin, timeoutMs = 60_000, env, cwd, uid, gid } = options;
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      {
        timeout: timeoutMs,
        killSignal: "SIGKILL",
        maxBuffer: 64 << 20,
        env: { ...process.env, ...env },
        ...(cwd ? { cwd } : {}),
        ...(uid ? { uid } : {}),
        ...(gid ? { gid } : {}),
      },
      (error, stdout, stderr) => {
        const failed = error as (Error & { code?: number | string; killed?: boolean }) | null;
        const code = failed ? (typeof failed.code === "number" ? failed.code : 255) : 0;
        resolve({ code, stdout, stderr: failed?.killed ? `${stderr}\nkilled after ${timeoutMs} ms` : stderr });
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(stdin ?? "");
  });
}

/** Runs to the end; anything but exit code 0 throws with all that was printed. */
export async function must(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** A program whose lines are followed while it runs. */
export class Follower {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #rest = "";

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on("data", (chunk: Buffer) => this.#take(chunk.toString()));
    this.child.on("close", () => this.#wake());
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    this.lines.push(...parts);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** The first line that matches, past or future; throws with all lines after `timeoutMs` or at the program's end. */
  line(pattern: RegExp, timeoutMs = 60_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.lines.find((line) => pattern.test(line));
        if (found === undefined && this.child.exitCode === null) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        if (found === undefined) reject(new Error(`ended without a line like ${pattern}:\n${this.lines.join("\n")}`));
        else resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no line like ${pattern} within ${timeoutMs} ms:\n${this.lines.join("\n")}`));
      }, timeoutMs);
      this.#waiting.add(look);
      look();
    });
  }

  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.child.once("close", () => resolve());
      this.child.kill(signal);
    });
  }
}
