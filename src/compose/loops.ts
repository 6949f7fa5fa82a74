// Controllers and scheduler, each under upstream's identity and behind upstream's leader lease.
// Invariant: whoever is named in --without is not started, and its lease is left to the real one.
// Called by: control-plane.ts, cmd/component.ts. Next on the way: controllers/index.ts, scheduler/scheduler.ts.

import { type Client, createRecorder, type LeaderElection, runLeaderElection } from "#client";
import { startControllers } from "#controllers";
import type { SpanSink } from "#lib";
import { createScheduler } from "#scheduler";
import type { PartContext } from "./context.ts";

export interface LoopsOptions extends Pick<PartContext, "clock" | "prng" | "log" | "metrics"> {
  readonly spans: SpanSink;
  /** Who we are in elections. What outlives the process goes on at once after a restart, without waiting for its own old lease. */
  readonly candidate: string;
  readonly settings: { readonly without: readonly string[] };
  readonly clientFor: (user: string, groups: readonly string[], component: string) => Client;
  readonly rootCa: string;
}

/** Service accounts are in two groups by their name alone. */
function groupsOf(user: string): readonly string[] {
  const namespace = /^system:serviceaccount:([^:]+):/.exec(user)?.[1];
  return namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

interface Closable {
  close(): void | Promise<void>;
}

/** Runs while this process holds the lease. */
function led(options: LoopsOptions, name: string, user: string, start: () => Closable): LeaderElection {
  const { clock, prng, log } = options;
  let running: Closable | undefined;
  return runLeaderElection({
    client: options.clientFor(user, [], name),
    clock,
    prng,
    log,
    name,
    identity: options.candidate,
    onStarted() {
      running = start();
    },
    onStopped() {
      void running?.close();
      running = undefined;
    },
  });
}

export function startLoops(options: LoopsOptions): { close(): Promise<void> } {
  const { clock, prng, log, metrics, spans, settings, clientFor, rootCa } = options;
  const without = new Set(settings.without);
  const elections: LeaderElection[] = [];
  if (!without.has("controller-manager")) {
    const named = settings.without
      .filter((one) => one.startsWith("controller-manager/"))
      .map((one) => one.slice("controller-manager/".length));
    elections.push(
      led(options, "kube-controller-manager", "system:kube-controller-manager", () =>
        startControllers({
          clientFor: (user) => clientFor(user, groupsOf(user), "kube-controller-manager"),
          clock,
          prng,
          log,
          metrics,
          spans,
          rootCa,
          without: named,
        }),
      ),
    );
  }
  if (!without.has("scheduler")) {
    const client = clientFor("system:kube-scheduler", [], "kube-scheduler");
    elections.push(
      led(options, "kube-scheduler", "system:kube-scheduler", () => {
        const recorder = createRecorder({ client, clock, log, component: "default-scheduler" });
        const scheduler = createScheduler({ client, recorder, clock, prng, log, metrics, spans });
        scheduler.start();
        return {
          close() {
            scheduler.close();
            recorder.close();
          },
        };
      }),
    );
  }
  return {
    async close() {
      await Promise.all(elections.map((election) => election.close()));
    },
  };
}
