// Lifecycle hooks: what a container wants done right after its start and right before its end.
// Invariant: a hook is bounded in time; its failure is told in upstream's words and decides what happens next at its caller.
// Called by: pods/actions.ts. Next on the way: probes/check.ts, which knows how to ask a container something.

import type { Container, LifecycleHandler } from "#api";
import type { Cri } from "#cri";
import { type Clock, delay } from "#lib";
import { check } from "../probes/check.ts";

export interface HookTarget {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly container: Container;
  readonly containerId: string;
  readonly ip: string;
  readonly timeoutMs: number;
}

/** undefined: it went well. Rejects with the signal's reason when nobody wants to know any more; what runs then ends with its container. */
export async function runHook(handler: LifecycleHandler, target: HookTarget, signal?: AbortSignal): Promise<string | undefined> {
  if (handler.sleep) {
    await delay(target.clock, Math.min(handler.sleep.seconds * 1000, target.timeoutMs), signal);
    return undefined;
  }
  const { exec, httpGet, tcpSocket } = handler;
  const asked = { ...(exec ? { exec } : {}), ...(httpGet ? { httpGet } : {}), ...(tcpSocket ? { tcpSocket } : {}) };
  signal?.throwIfAborted();
  const unwanted = Promise.withResolvers<never>();
  const giveUp = (): void => unwanted.reject(signal?.reason);
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    const { healthy, why } = await Promise.race([check(asked, target), unwanted.promise]);
    return healthy ? undefined : why;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}
