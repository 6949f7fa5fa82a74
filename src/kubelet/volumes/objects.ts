// The ConfigMaps and Secrets that pods of this node mount: read when needed, watched one by one while a pod has them.
// Invariant: a node watches only objects that its own pods name; one watch per object, however many pods mount it.
// Called by: host.ts through files.ts. Next on the way: the watch wakes the pod's worker, which sets its volumes up again.

import { ApiError, type ConfigMap, type Secret } from "#api";
import { type Client, type Informer, informer, type Live } from "#client";
import type { Clock, Log, Prng } from "#lib";

export interface ObjectReader {
  get<Kind extends ConfigMap | Secret>(
    uid: string,
    resource: "configmaps" | "secrets",
    namespace: string,
    name: string,
  ): Promise<Live<Kind> | undefined>;
}

export interface ObjectWatchesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  /** Something that the pod of this uid has mounted has changed. */
  readonly changed: (uid: string) => void;
}

interface Watched {
  readonly informer: Informer<ConfigMap | Secret>;
  /** By pod uid: the revision it was last given; empty: it was told that there is none. */
  readonly given: Map<string, string>;
}

export class ObjectWatches implements ObjectReader {
  readonly #options: ObjectWatchesOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: ObjectWatchesOptions) {
    this.#options = options;
  }

  /** undefined: there is no such object. */
  async get<Kind extends ConfigMap | Secret>(
    uid: string,
    resource: "configmaps" | "secrets",
    namespace: string,
    name: string,
  ): Promise<Live<Kind> | undefined> {
    const key = `${resource}/${namespace}/${name}`;
    const watched = this.#watched.get(key);
    let object = watched?.informer.hasSynced ? watched.informer.store.get(`${namespace}/${name}`) : undefined;
    // Until the watch has caught up, and for what it does not know yet, the API server is asked itself: its refusals have reasons.
    object ??= await this.#read(resource, namespace, name);
    // What can never change is not watched.
    if (object && (object as Live<ConfigMap>).immutable === true) return object as Live<Kind>;
    (watched ?? this.#watch(key, resource, namespace, name)).given.set(uid, object?.metadata.resourceVersion ?? "");
    return object as Live<Kind> | undefined;
  }

  /** The pod is gone: what only it had is watched no longer. */
  release(uid: string): void {
    for (const [key, watched] of this.#watched) {
      if (!watched.given.delete(uid) || watched.given.size > 0) continue;
      watched.informer.close();
      this.#watched.delete(key);
    }
  }

  close(): void {
    for (const { informer: one } of this.#watched.values()) one.close();
    this.#watched.clear();
  }

  async #read(resource: string, namespace: string, name: string): Promise<Live<ConfigMap | Secret> | undefined> {
    try {
      return await this.#options.client.resource<ConfigMap | Secret>(resource).get(namespace, name);
    } catch (error) {
      if (error instanceof ApiError && error.status.code === 404) return undefined;
      throw error;
    }
  }

  #watch(key: string, resource: string, namespace: string, name: string): Watched {
    const { client, clock, prng, log, changed } = this.#options;
    const known = this.#watched.get(key);
    if (known) return known;
    const one = informer<ConfigMap | Secret>(client, resource, { clock, prng, log, namespace, fieldSelector: `metadata.name=${name}` });
    const watched: Watched = { informer: one, given: new Map() };
    this.#watched.set(key, watched);
    const tell = (revision: string): void => {
      for (const [uid, given] of watched.given) if (given !== revision) changed(uid);
    };
    one.on({
      added: (object) => tell(object.metadata.resourceVersion),
      updated: (_old, object) => tell(object.metadata.resourceVersion),
      deleted: () => tell(""),
    });
    one.start();
    return watched;
  }
}
