// defineController: a controller is what it watches, how it looks, and what it plans; the rest is here, once.
// Invariant: a controller that is off costs nothing; its loop starts only when all its informers have synced.
// Called by: each controllers/<name>/index.ts. Next on the way: ../index.ts, the list.

import type { AnyObject, Client, Informer, Lister, Live, Recorder } from "#client";
import type { Clock, Counter, Log, Prng, SpanContext, SpanSink } from "#lib";
import type { DecisionSink, Woken } from "./decisions.ts";
import type { Informers } from "./informers.ts";
import { Loop, type Observed } from "./loop.ts";
import type { Plan } from "./plan.ts";

export interface World {
  lister<Kind extends AnyObject>(resource: string): Lister<Kind>;
  /** For the few who must read live: under the controller's identity. */
  readonly client: Client;
  readonly clock: Clock;
}

export interface Watch {
  readonly resource: string;
  /** Metadata is enough. Controllers that say so come last in the list: they share whole objects where others follow those. */
  readonly metadataOnly?: boolean;
  /** The keys that this object concerns. On an update it is asked for the old object and the new one. */
  keys(object: Live<AnyObject>, world: World): readonly string[];
  /** Whether an update is worth a look: a node's heartbeat, say, is not. Absent: every update is. */
  matters?(old: Live<AnyObject>, object: Live<AnyObject>): boolean;
}

export interface ControllerContext {
  readonly informers: Informers;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly spans: SpanSink;
  readonly decisions: DecisionSink;
  readonly failures: Counter;
  /** PEM of the authority that signs the API server's certificate. */
  readonly rootCa: string;
}

export interface RunningController {
  readonly idle: boolean;
  start(): void;
  close(): void;
}

export interface Controller {
  /** `deployment-controller`: what `--controllers` calls it. */
  readonly name: string;
  /** Its service account in kube-system, under which it writes: the same name, mostly. */
  readonly account: string;
  /** What its Events call it, where that is not the account. */
  readonly component?: string;
  /** Asks for its informers and returns what `startControllers` starts once they are all asked for. */
  prepare(context: ControllerContext): RunningController;
}

export interface ControllerDefinition<Seen extends Observed> {
  readonly name: string;
  readonly account?: string;
  readonly component?: string;
  readonly workers?: number;
  readonly watches: readonly Watch[];
  /** Followed but waking nobody: what `observe` reads beside. */
  readonly reads?: readonly string[];
  observe(key: string, world: World, context: ControllerContext): Promise<Seen | undefined> | Seen | undefined;
  plan(seen: Seen, now: { nowMs: number }): Plan;
}

export function defineController<Seen extends Observed>(definition: ControllerDefinition<Seen>): Controller {
  return {
    name: definition.name,
    account: definition.account ?? definition.name,
    ...(definition.component === undefined ? {} : { component: definition.component }),
    prepare(context) {
      const { informers } = context;
      const followed = new Map<string, Informer<AnyObject>>();
      for (const { resource, metadataOnly } of definition.watches) {
        followed.set(resource, metadataOnly === true ? informers.metadata(resource) : informers.get(resource));
      }
      for (const resource of definition.reads ?? []) followed.set(resource, informers.get(resource));
      const world: World = { client: context.client, clock: context.clock, lister: (resource) => informers.lister(resource) };
      const parts = {
        name: definition.name,
        workers: definition.workers ?? 5,
        observe: (key: string) => definition.observe(key, world, context),
        plan: (seen: Seen, now: { nowMs: number }) => definition.plan(seen, now),
      };
      const loop = new Loop(parts, context, followed);
      return runWhenSynced(loop, followed, () => {
        const silent = (definition.reads ?? []).map((resource) => ({ resource, keys: () => [] }));
        return [...definition.watches, ...silent].map((watch) => connect(watch, followed.get(watch.resource)!, loop, world));
      });
    },
  };
}

/** Connects after the sync, so that the first pass over a key sees the whole world and not its first page. */
export function runWhenSynced(
  loop: Loop<Observed> | { start(): void; close(): void; idle: boolean },
  followed: ReadonlyMap<string, Informer<AnyObject>>,
  connectAll: () => (() => void)[],
): RunningController {
  let closed = false;
  let ready = false;
  let disconnects: (() => void)[] = [];
  return {
    get idle() {
      return ready && loop.idle;
    },
    start() {
      void Promise.all([...followed.values()].map((one) => one.synced)).then(() => {
        if (closed) return;
        disconnects = connectAll();
        loop.start();
        ready = true;
      });
    },
    close() {
      closed = true;
      for (const disconnect of disconnects) disconnect();
      loop.close();
    },
  };
}

function connect<Seen extends Observed>(watch: Watch, informer: Informer<AnyObject>, loop: Loop<Seen>, world: World): () => void {
  const wake = (objects: readonly Live<AnyObject>[], cause: SpanContext | undefined): void => {
    const found = objects.length === 1 ? watch.keys(objects[0]!, world) : objects.flatMap((object) => watch.keys(object, world));
    // Most changes concern most controllers not at all.
    if (found.length > 0) {
      const woken = wokenBy(watch.resource, objects.at(-1)!, cause);
      for (const key of new Set(found)) loop.enqueue(key, woken);
    }
    loop.moved(watch.resource);
  };
  return informer.on({
    added: (object, cause) => wake([object], cause),
    updated: (old, object, cause) => (watch.matters?.(old, object) === false ? loop.moved(watch.resource) : wake([old, object], cause)),
    deleted: (last, cause) => wake([last], cause),
  });
}

export function wokenBy(resource: string, object: Live<AnyObject>, cause: SpanContext | undefined): Woken {
  const { namespace, name, resourceVersion } = object.metadata;
  const revision = Number(resourceVersion);
  const where = namespace === undefined ? name : `${namespace}/${name}`;
  return {
    name: `${resource} ${where}`,
    ...(Number.isSafeInteger(revision) && revision > 0 ? { revision } : {}),
    ...(cause ? { cause } : {}),
  };
}
