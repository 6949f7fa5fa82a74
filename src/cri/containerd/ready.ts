// Waiting for a runtime to answer: first for its socket to appear, then for CRI to say Version.
// Invariant: woken by the folder's own change events and bounded by `timeoutMs`; the last failure is named when the bound is reached.
// Called by: compose/ after it started (or found) the runtime. Next on the way: the kubelet's first calls.

import { existsSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { type Clock, delay } from "#lib";
import type { Cri } from "../contract.ts";

export interface WaitOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Resolves when `path` exists. Its folder must exist already. */
export function pathExists(path: string, options: WaitOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error): void => {
      watcher.close();
      timer.cancel();
      options.signal?.removeEventListener("abort", aborted);
      if (error) reject(error);
      else resolve();
    };
    const aborted = (): void => end(new Error(`stopped waiting for ${path}`));
    const look = (): void => {
      if (existsSync(path)) end();
    };
    const watcher = watch(dirname(path), (_event, name) => {
      if (name === null || name === basename(path)) look();
    });
    const timer = options.clock.after(options.timeoutMs, () => end(new Error(`${path} did not appear within ${options.timeoutMs} ms`)), {
      hold: true,
    });
    options.signal?.addEventListener("abort", aborted, { once: true });
    look();
  });
}

/** Asks until the answer is neither an error nor undefined. containerd listens before its CRI part is ready, and offers no event for it. */
export async function answered<Answer>(what: string, ask: () => Promise<Answer | undefined>, options: WaitOptions): Promise<Answer> {
  const untilMs = options.clock.monotonicMs() + options.timeoutMs;
  let failure = "no answer";
  for (let waitMs = 10; ; waitMs = Math.min(waitMs * 2, 200)) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    if (options.clock.monotonicMs() + waitMs > untilMs) throw new Error(`${what} within ${options.timeoutMs} ms: ${failure}`);
    await delay(options.clock, waitMs, options.signal);
  }
}

/** Ready means: the socket is there and CRI answers. */
export async function runtimeReady(socket: string, cri: Cri, options: WaitOptions): Promise<void> {
  await pathExists(socket, options);
  await answered("the runtime did not answer Version", () => cri.version(), options);
}

/** An image that was just imported becomes visible to CRI a moment later, by an event inside containerd. */
export async function imageVisible(cri: Cri, reference: string, options: WaitOptions): Promise<void> {
  await answered(`image ${reference} was not visible to CRI`, () => cri.imageStatus(reference), options);
}
