// Informers that several loops share: one watch per resource, however many look at it.
// Invariant: they read as the controller manager; only writes are made under each controller's own identity.
// Called by: define.ts and the garbage collector. Next on the way: loop.ts.

import { type AnyObject, type Client, type Informer, informer, type Lister } from "#client";
import { assert, type Clock, type Log, type Prng } from "#lib";

export interface InformersOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
}

export class Informers {
  readonly #options: InformersOptions;
  readonly #informers = new Map<string, Informer<AnyObject>>();

  constructor(options: InformersOptions) {
    this.#options = options;
  }

  /** The informer of whole objects. */
  get(resource: string): Informer<AnyObject> {
    return this.#made(resource, false);
  }

  /** Whole objects if somebody needs them anyway, else metadata only. Ask for it after everybody has asked for theirs. */
  metadata(resource: string): Informer<AnyObject> {
    return this.#made(resource, true);
  }

  lister<Kind extends AnyObject>(resource: string): Lister<Kind> {
    const known = this.#informers.get(resource);
    assert(known, `the informer of ${resource} was not asked for`);
    return known.store as unknown as Lister<Kind>;
  }

  start(): void {
    for (const one of this.#informers.values()) one.start();
  }

  close(): void {
    for (const one of this.#informers.values()) one.close();
  }

  #made(resource: string, metadataOnly: boolean): Informer<AnyObject> {
    let known = this.#informers.get(resource);
    if (!known) {
      known = informer<AnyObject>(this.#options.client, resource, { ...this.#options, metadataOnly });
      this.#informers.set(resource, known);
    }
    return known;
  }
}
