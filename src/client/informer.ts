// The informer: a reflector, its memory, and the handlers that hear of every change.
// Invariant: handlers run after the memory has changed, in order, and a late handler first hears `added` for all that is there.
// Called by: control loops, scheduler, kubelet. Next on the way: workqueue.ts, where handlers put keys.

import type { Clock, Log, Prng, SpanContext } from "#lib";
import { deepFreeze, Indexer, type IndexFunction, type Lister } from "./indexer.ts";
import { keyOf, type AnyObject, type Live, type WatchEvent } from "./objects.ts";
import { runReflector } from "./reflector.ts";
import type { Client } from "./typed.ts";
import type { ResourceInfo } from "#api";

/** `cause`: the trace under which the revision was written, where the server tells it. */
export interface InformerHandlers<Kind> {
  added?(object: Live<Kind>, cause?: SpanContext): void;
  updated?(old: Live<Kind>, object: Live<Kind>, cause?: SpanContext): void;
  deleted?(last: Live<Kind>, cause?: SpanContext): void;
}

export interface InformerOptions<Kind> {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
  readonly indexes?: Readonly<Record<string, IndexFunction<Kind>>>;
  /** Makes the object smaller before it is kept; may change it in place. */
  readonly transform?: (object: Live<Kind>) => Live<Kind>;
}

export interface Informer<Kind> {
  readonly resource: ResourceInfo;
  readonly store: Lister<Kind>;
  start(): void;
  /** Resolves once the first whole list is in the memory; never rejects. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** The revision up to which the memory is current. */
  readonly resourceVersion: string;
  /** Returns the function that takes the handlers off again. */
  on(handlers: InformerHandlers<Kind>): () => void;
  close(): void;
}

/** Field ownership is the API server's business: nobody who only watches needs it, and it is often half of an object. */
function withoutManagedFields<Kind>(object: Live<Kind>): Live<Kind> {
  delete object.metadata.managedFields;
  return object;
}

export function informer<Kind extends AnyObject>(
  client: Client,
  resource: ResourceInfo | string,
  options: InformerOptions<Kind>,
): Informer<Kind> {
  return new RunningInformer(client, resource, options);
}

class RunningInformer<Kind extends AnyObject> implements Informer<Kind> {
  readonly resource: ResourceInfo;
  readonly #client: Client;
  readonly #options: InformerOptions<Kind>;
  readonly #indexer: Indexer<Kind>;
  readonly #handlers = new Set<InformerHandlers<Kind>>();
  readonly #abort = new AbortController();
  readonly synced: Promise<void>;
  #resolveSynced: () => void = () => undefined;
  #started = false;
  hasSynced = false;
  resourceVersion = "";

  constructor(client: Client, resource: ResourceInfo | string, options: InformerOptions<Kind>) {
    this.#client = client;
    this.#options = options;
    this.#indexer = new Indexer(options.indexes);
    this.resource = client.resource(resource).info;
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  get store(): Lister<Kind> {
    return this.#indexer;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { indexes: _, transform: __, ...options } = this.#options;
    const sink = {
      replace: (objects: readonly Live<Kind>[], resourceVersion: string) => this.#replace(objects, resourceVersion),
      apply: (event: WatchEvent<Kind>) => this.#apply(event),
    };
    void runReflector({ ...options, resource: this.#client.resource<Kind>(this.resource), sink, signal: this.#abort.signal });
  }

  on(handlers: InformerHandlers<Kind>): () => void {
    this.#handlers.add(handlers);
    for (const object of this.#indexer.list()) handlers.added?.(object);
    return () => this.#handlers.delete(handlers);
  }

  close(): void {
    this.#abort.abort();
    this.#handlers.clear();
  }

  #keep(object: Live<Kind>): Live<Kind> {
    const { transform = withoutManagedFields } = this.#options;
    return deepFreeze(transform(object));
  }

  #replace(objects: readonly Live<Kind>[], resourceVersion: string): void {
    const gone = new Set(this.#indexer.keys());
    for (const object of objects) {
      gone.delete(keyOf(object));
      const known = this.#indexer.get(keyOf(object));
      if (known?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#put(this.#keep(object));
    }
    for (const key of gone) this.#remove(key);
    this.resourceVersion = resourceVersion;
    this.hasSynced = true;
    this.#resolveSynced();
  }

  #apply(event: WatchEvent<Kind>): void {
    const object = this.#keep(event.object);
    this.resourceVersion = object.metadata.resourceVersion;
    if (event.type === "DELETED") this.#remove(keyOf(object), object, event.cause);
    else this.#put(object, event.cause);
  }

  #put(object: Live<Kind>, cause?: SpanContext): void {
    const old = this.#indexer.set(object);
    // A name that was deleted and made again between two looks is another object: its uid says so.
    if (old && old.metadata.uid !== object.metadata.uid) {
      this.#tell("deleted", (handlers) => handlers.deleted?.(old, cause));
      this.#tell("added", (handlers) => handlers.added?.(object, cause));
    } else if (old) this.#tell("updated", (handlers) => handlers.updated?.(old, object, cause));
    else this.#tell("added", (handlers) => handlers.added?.(object, cause));
  }

  #remove(key: string, last?: Live<Kind>, cause?: SpanContext): void {
    const old = this.#indexer.delete(key);
    if (old) this.#tell("deleted", (handlers) => handlers.deleted?.(last ?? old, cause));
  }

  /** One handler's bug must not keep the others, or the memory, from going on. */
  #tell(what: string, call: (handlers: InformerHandlers<Kind>) => void): void {
    for (const handlers of this.#handlers) {
      try {
        call(handlers);
      } catch (error) {
        this.#options.log.error("an informer's handler failed", { what, resource: this.resource.resource, error });
      }
    }
  }
}
