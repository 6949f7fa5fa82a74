// The reflector: keeps a sink equal to one resource in the cluster, by a list and the watch that follows it.
// Invariant: the sink sees each object's revisions in order, none twice after a `replace`; after 410 Gone everything is read anew.
// Called by: informer.ts. Next on the way: indexer.ts, where the objects stay.

import { ApiError } from "#api";
import { type Clock, delay, type Log, own, type Prng } from "#lib";
import { Backoff } from "./backoff.ts";
import { keyOf, type AnyObject, type Live, type WatchEvent } from "./objects.ts";
import type { ListOptions, ResourceClient } from "./typed.ts";

export interface ReflectorSink<Kind> {
  /** The whole state at `resourceVersion`. */
  replace(objects: readonly Live<Kind>[], resourceVersion: string): void;
  apply(event: WatchEvent<Kind>): void;
}

export interface ReflectorOptions<Kind extends AnyObject> {
  readonly resource: ResourceClient<Kind>;
  readonly sink: ReflectorSink<Kind>;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
}

const initialEventsEnd = "k8s.io/initial-events-end";
/** How long past the agreed timeout a watch may stay open before we believe that the connection is dead. */
const timeoutGraceMs = 30_000;

/** Refusals that have nothing to do with how we asked: asking otherwise would not help. */
const patient: ReadonlySet<number> = new Set([401, 403, 404, 429, 503, 504]);

/** Runs until the signal fires; never rejects. */
export async function runReflector<Kind extends AnyObject>(options: ReflectorOptions<Kind>): Promise<void> {
  const reflector = new Reflector(options);
  const backoff = new Backoff(options.prng, { firstMs: 200, mostMs: 30_000 });
  while (!options.signal.aborted) {
    const startedMs = options.clock.monotonicMs();
    try {
      await reflector.follow();
      if (options.clock.monotonicMs() - startedMs > 1000) backoff.reset();
    } catch (error) {
      if (options.signal.aborted) return;
      reflector.failed(error);
      if (options.clock.monotonicMs() - startedMs > 60_000) backoff.reset();
    }
    // Also a watch that ends well within a second would otherwise spin.
    if (options.clock.monotonicMs() - startedMs <= 1000 || reflector.troubled) {
      await delay(options.clock, backoff.nextMs(), options.signal).catch(() => undefined);
    }
  }
}

class Reflector<Kind extends AnyObject> {
  readonly #options: ReflectorOptions<Kind>;
  readonly #selection: ListOptions;
  #resourceVersion: string | undefined;
  #streamsLists = true;
  /** The last attempt failed for another reason than an expired revision. */
  troubled = false;

  constructor(options: ReflectorOptions<Kind>) {
    this.#options = options;
    const { labelSelector, fieldSelector, metadataOnly } = options;
    this.#selection = {
      ...(labelSelector ? { labelSelector } : {}),
      ...(fieldSelector ? { fieldSelector } : {}),
      ...(metadataOnly ? { metadataOnly } : {}),
    };
  }

  /** From whatever is known to the end of one watch. */
  async follow(): Promise<void> {
    if (this.#resourceVersion === undefined && !this.#streamsLists) await this.#list();
    await this.#watch();
    this.troubled = false;
  }

  failed(error: unknown): void {
    const { log, resource } = this.#options;
    const code = error instanceof ApiError ? error.status.code : undefined;
    this.troubled = true;
    if (code === 410) {
      this.#resourceVersion = undefined;
      this.troubled = false;
    } else if (code !== undefined && !patient.has(code) && this.#resourceVersion === undefined && this.#streamsLists) {
      // A server without streamed lists says 400 or 422, one whose etcd is too old for them 500: then LIST and WATCH do.
      this.#streamsLists = false;
      this.troubled = false;
    }
    log.debug("watch ended", { resource: resource.info.resource, group: resource.info.group, error });
  }

  async #list(): Promise<void> {
    const { resource, namespace, sink, signal } = this.#options;
    const list = await resource.listAll(namespace, { ...this.#selection, signal });
    this.#resourceVersion = list.resourceVersion;
    sink.replace(list.items, list.resourceVersion);
  }

  async #watch(): Promise<void> {
    const { resource, namespace, clock, prng, signal } = this.#options;
    const timeoutSeconds = prng.between(300, 600);
    const guard = new AbortController();
    const stop = (): void => guard.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const timer = clock.after(timeoutSeconds * 1000 + timeoutGraceMs, () =>
      guard.abort(ApiError.timeout("the watch outlived its timeout", 1)),
    );
    // While a list streams in, its objects wait here: the sink gets them as one whole.
    let initial = this.#resourceVersion === undefined ? new Map<string, Live<Kind>>() : undefined;
    const from = initial
      ? ({ sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } as const)
      : { resourceVersion: this.#resourceVersion! };
    try {
      const events = resource.watch(namespace, {
        ...this.#selection,
        ...from,
        allowWatchBookmarks: true,
        timeoutSeconds,
        signal: guard.signal,
      });
      for await (const event of events) {
        if (initial) initial = this.#gather(initial, event);
        else this.#apply(event);
      }
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  #gather(initial: Map<string, Live<Kind>>, event: WatchEvent<Kind>): Map<string, Live<Kind>> | undefined {
    const { metadata } = event.object;
    if (event.type === "BOOKMARK") {
      if (own(metadata.annotations, initialEventsEnd) !== "true") return initial;
      this.#resourceVersion = metadata.resourceVersion;
      this.#options.sink.replace([...initial.values()], metadata.resourceVersion);
      return undefined;
    }
    if (event.type === "DELETED") initial.delete(keyOf(event.object));
    else initial.set(keyOf(event.object), event.object);
    return initial;
  }

  #apply(event: WatchEvent<Kind>): void {
    this.#resourceVersion = event.object.metadata.resourceVersion;
    if (event.type !== "BOOKMARK") this.#options.sink.apply(event);
  }
}
