// Objects in memory with resource versions and watches: just enough of an API server to test loops against.
// Invariant: every change has its own revision; a watcher hears every change after the revision it began at, in order.
// Called by: fakeapi.ts. Not for anything but tests: no validation, no defaults, no history.

import type { AnyObject, Live } from "../objects.ts";

export interface FakeEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** Resource and scope: `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly object: Live<AnyObject>;
  readonly revision: number;
}

export class FakeStore {
  readonly objects = new Map<string, Live<AnyObject>>();
  readonly events: FakeEvent[] = [];
  readonly #listeners = new Set<(event: FakeEvent) => void>();
  revision = 1;

  static key(resource: string, namespace: string | undefined, name: string): string {
    return [resource, namespace ?? "", name].join("/");
  }

  get(resource: string, namespace: string | undefined, name: string): Live<AnyObject> | undefined {
    return this.objects.get(FakeStore.key(resource, namespace, name));
  }

  list(resource: string, namespace?: string): Live<AnyObject>[] {
    const prefix = namespace === undefined ? `${resource}/` : `${resource}/${namespace}/`;
    return [...this.objects.entries()].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  put(resource: string, object: Live<AnyObject>): Live<AnyObject> {
    const key = FakeStore.key(resource, object.metadata.namespace, object.metadata.name);
    const type = this.objects.has(key) ? "MODIFIED" : "ADDED";
    object.metadata.resourceVersion = String(++this.revision);
    this.objects.set(key, object);
    this.#tell({ type, resource, object, revision: this.revision });
    return object;
  }

  remove(resource: string, object: Live<AnyObject>): Live<AnyObject> {
    this.objects.delete(FakeStore.key(resource, object.metadata.namespace, object.metadata.name));
    const last = structuredClone(object);
    last.metadata.resourceVersion = String(++this.revision);
    this.#tell({ type: "DELETED", resource, object: last, revision: this.revision });
    return last;
  }

  onEvent(listener: (event: FakeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(event: FakeEvent): void {
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}
