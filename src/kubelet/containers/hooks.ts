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

/** undefined: it went well. */
export async function runHook(handler: LifecycleHandler, target: HookTarget): Promise<string | undefined> {
  if (handler.sleep) {
    await delay(target.clock, Math.min(handler.sleep.seconds * 1000, target.timeoutMs));
    return undefined;
  }
  const { exec, httpGet, tcpSocket } = handler;
  const asked = { ...(exec ? { exec } : {}), ...(httpGet ? { httpGet } : {}), ...(tcpSocket ? { tcpSocket } : {}) };
  const { healthy, why } = await check(asked, target);
  return healthy ? undefined : why;
}
