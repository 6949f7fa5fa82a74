// Hooks: programs of the caller that run at fixed points of a container's life, with its state on stdin.
// Invariant: in the order written; the first that fails ends the phase, but for poststop; one with a time-out never takes longer.
// Called by: create.ts, start.ts, delete.ts, init/. Next on the way: create.ts.

import { spawnSync } from "node:child_process";
import type { Config, Hook, HookPhase } from "./config.ts";
import { messageOf, RuntimeError } from "./errors.ts";
import { messageBoundMs } from "./protocol.ts";

function environment(list: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(list.map((entry) => [entry.split("=", 1)[0] ?? "", entry.slice(entry.indexOf("=") + 1)]));
}

function runHook({ path, args = [path], env, timeout }: Hook, phase: HookPhase, index: number, input: string): void {
  const about = `error running ${phase} hook #${index}`;
  const { error, status, signal, stdout, stderr } = spawnSync(path, args.slice(1), {
    argv0: args[0] ?? path,
    env: environment(env),
    input,
    timeout: timeout === undefined ? messageBoundMs : timeout * 1000,
    killSignal: "SIGKILL",
    encoding: "utf8",
  });
  if (error && (error as NodeJS.ErrnoException).code === "ETIMEDOUT")
    throw new RuntimeError(`${about}: hook ran past specified timeout of ${timeout ?? 0}s`);
  // A hook that does not read its input has not failed.
  if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") throw new RuntimeError(`${about}: ${error.message}`);
  if (status !== 0)
    throw new RuntimeError(
      `${about}: ${signal ? `signal: ${signal}` : `exit status ${status}`}, stdout: ${stdout.trim()}, stderr: ${stderr.trim()}`,
    );
}

export function runHooks(config: Config, phase: HookPhase, state: Record<string, unknown>): void {
  for (const [index, hook] of (config.hooks?.[phase] ?? []).entries()) runHook(hook, phase, index, JSON.stringify(state));
}

/** A hook of the end that fails is only told: the others run, and the container goes away all the same. */
export function runEndHooks(config: Config, state: Record<string, unknown>): void {
  for (const [index, hook] of (config.hooks?.poststop ?? []).entries()) {
    try {
      runHook(hook, "poststop", index, JSON.stringify(state));
    } catch (error) {
      process.stderr.write(`${messageOf(error)}\n`);
    }
  }
}

export function hasHooks(config: Config, ...phases: readonly HookPhase[]): boolean {
  return phases.some((phase) => (config.hooks?.[phase] ?? []).length > 0);
}
