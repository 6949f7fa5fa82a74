// Controllers and scheduler, each under upstream's identity and behind upstream's leader lease.
// Invariant: whoever is named in --without is not started, and its lease is left to the real one.
// Called by: control-plane.ts, cmd/component.ts. Next on the way: controllers/index.ts, scheduler/scheduler.ts.

import { type Client, createRecorder, type LeaderElection, runLeaderElection } from "#client";
import { startControllers } from "#controllers";
import { type SpanSink, slots } from "#lib";
import { createScheduler } from "#scheduler";
import type { PartContext } from "./context.ts";

export interface LoopsOptions extends Pick<PartContext, "clock" | "prng" | "log" | "metrics"> {
  readonly spans: SpanSink;
  /** Who we are in elections. What outlives the process goes on at once after a restart, without waiting for its own old lease. */
  readonly candidate: string;
  readonly settings: { readonly without: readonly string[] };
  /** A new one each time: it is closed, and what it still asks for given up, when the leadership ends. */
  readonly clientFor: ClientFor;
  readonly rootCa: string;
}

/** Service accounts are in two groups by their name alone. */
function groupsOf(user: string): readonly string[] {
  const namespace = /^system:serviceaccount:([^:]+):/.exec(user)?.[1];
  return namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

/** Of all loops together: Events never crowd out what they tell of. */
const eventsInFlight = 2;

type ClientFor = (user: string, groups: readonly string[], component: string) => Client;

interface Closable {
  close(): void | Promise<void>;
}

/** Runs while this process holds the lease. Writes that still wait when it is lost must not reach the next leader's world. */
function led(options: LoopsOptions, name: string, user: string, start: (clientFor: ClientFor) => Closable): LeaderElection {
  const { clock, prng, log } = options;
  let running: Closable | undefined;
  let clients: Client[] = [];
  const clientFor: ClientFor = (...who) => {
    const client = options.clientFor(...who);
    clients.push(client);
    return client;
  };
  return runLeaderElection({
    client: options.clientFor(user, [], name),
    clock,
    prng,
    log,
    name,
    identity: options.candidate,
    onStarted() {
      running = start(clientFor);
    },
    onStopped() {
      void running?.close();
      running = undefined;
      for (const client of clients) client.close();
      clients = [];
    },
  });
}

export function startLoops(options: LoopsOptions): { close(): Promise<void> } {
  const { clock, prng, log, metrics, spans, settings, rootCa } = options;
  const without = new Set(settings.without);
  const elections: LeaderElection[] = [];
  const eventSlots = slots(eventsInFlight);
  if (!without.has("controller-manager")) {
    const named = settings.without
      .filter((one) => one.startsWith("controller-manager/"))
      .map((one) => one.slice("controller-manager/".length));
    elections.push(
      led(options, "kube-controller-manager", "system:kube-controller-manager", (clientFor) =>
        startControllers({
          clientFor: (user) => clientFor(user, groupsOf(user), "kube-controller-manager"),
          clock,
          prng,
          log,
          metrics,
          spans,
          eventSlots,
          rootCa,
          without: named,
        }),
      ),
    );
  }
  if (!without.has("scheduler")) {
    elections.push(
      led(options, "kube-scheduler", "system:kube-scheduler", (clientFor) => {
        const client = clientFor("system:kube-scheduler", [], "kube-scheduler");
        const recorder = createRecorder({ client, clock, log, component: "default-scheduler", slots: eventSlots });
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
