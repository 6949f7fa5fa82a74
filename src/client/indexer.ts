// The indexer: an informer's objects by key and by any number of indexes.
// Invariant: objects in it are frozen to the bottom; an index always agrees with the objects.
// Called by: informer.ts (writes), control loops (reads). Next on the way: informer.ts.

import { keyOf, type AnyObject, type Live } from "./objects.ts";
import { controllerOf } from "./owners.ts";

/** Names the values under which an object is found; an object may stand under several. */
export type IndexFunction<Kind> = (object: Live<Kind>) => readonly string[];

/** The reading side of an informer's memory. */
export interface Lister<Kind> {
  get(key: string): Live<Kind> | undefined;
  list(): Live<Kind>[];
  /** `byIndex("namespace", "default")`, `byIndex("owner", uid)`, or an index of one's own. */
  byIndex(index: string, value: string): Live<Kind>[];
  readonly size: number;
}

/** The indexes that every informer has. */
export const standardIndexes = {
  namespace: (object: AnyObject) => [object.metadata?.namespace ?? ""],
  owner: (object: AnyObject) => (object.metadata?.ownerReferences ?? []).map((reference) => reference.uid ?? ""),
  /** Objects without a controller, by namespace: whom somebody might adopt. */
  orphan: (object: AnyObject) => (controllerOf(object) ? [] : [object.metadata.namespace ?? ""]),
  uid: (object: AnyObject) => [object.metadata?.uid ?? ""],
} as const;

export class Indexer<Kind extends AnyObject> implements Lister<Kind> {
  readonly #objects = new Map<string, Live<Kind>>();
  readonly #functions: readonly (readonly [string, IndexFunction<Kind>])[];
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexes: Readonly<Record<string, IndexFunction<Kind>>> = {}) {
    this.#functions = Object.entries<IndexFunction<Kind>>({ ...standardIndexes, ...indexes } as Record<string, IndexFunction<Kind>>);
    for (const [name] of this.#functions) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): Live<Kind> | undefined {
    return this.#objects.get(key);
  }

  list(): Live<Kind>[] {
    return [...this.#objects.values()];
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  byIndex(index: string, value: string): Live<Kind>[] {
    const found: Live<Kind>[] = [];
    for (const key of this.#indexes.get(index)?.get(value) ?? []) found.push(this.#objects.get(key)!);
    return found;
  }

  /** Puts the object in and returns the one that it replaces. */
  set(object: Live<Kind>): Live<Kind> | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [name, valuesOf] of this.#functions) {
      const index = this.#indexes.get(name)!;
      const values = valuesOf(object);
      if (old) {
        const before = valuesOf(old);
        // Most updates are statuses, which change no index.
        if (before.length === values.length && before.every((value, at) => value === values[at])) continue;
        takeOut(index, key, before);
      }
      for (const value of values) {
        const keys = index.get(value);
        if (keys) keys.add(key);
        else index.set(value, new Set([key]));
      }
    }
    return old;
  }

  delete(key: string): Live<Kind> | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    for (const [name, valuesOf] of this.#functions) takeOut(this.#indexes.get(name)!, key, valuesOf(old));
    return old;
  }
}

function takeOut(index: Map<string, Set<string>>, key: string, values: readonly string[]): void {
  for (const value of values) {
    const keys = index.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.delete(value);
  }
}

/** Freezes to the bottom: what many loops share, none may change. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const part of value) deepFreeze(part);
  else for (const key in value) deepFreeze(value[key]);
  return Object.freeze(value);
}
