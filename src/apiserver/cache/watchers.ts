// All watchers of a resource, filed by what they listen to, so that an event is offered only to those it may concern.
// Invariant: a watcher is filed under exactly one drawer: its object, its node, its namespace, or everything.
// Called by: cache/resource.ts. Next on the way: cache/watcher.ts.

import type { Watcher, WatchScope } from "./watcher.ts";

const drawerOf = (scope: WatchScope, namespaced: boolean): string => {
  if (scope.name !== undefined && (!namespaced || scope.namespace !== undefined)) return `name ${scope.namespace ?? ""}/${scope.name}`;
  if (scope.nodeName !== undefined) return `node ${scope.nodeName}`;
  return scope.namespace === undefined ? "all" : `namespace ${scope.namespace}`;
};

export class Watchers {
  readonly #namespaced: boolean;
  readonly #drawers = new Map<string, Set<Watcher>>();
  #count = 0;

  constructor(namespaced: boolean) {
    this.#namespaced = namespaced;
  }

  get count(): number {
    return this.#count;
  }

  add(watcher: Watcher): void {
    const drawer = drawerOf(watcher.scope, this.#namespaced);
    const watchers = this.#drawers.get(drawer);
    if (watchers) watchers.add(watcher);
    else this.#drawers.set(drawer, new Set([watcher]));
    this.#count++;
  }

  delete(watcher: Watcher): void {
    const drawer = drawerOf(watcher.scope, this.#namespaced);
    const watchers = this.#drawers.get(drawer);
    if (!watchers?.delete(watcher)) return;
    this.#count--;
    if (watchers.size === 0) this.#drawers.delete(drawer);
  }

  /** Everyone whom a change of `namespace/name` may concern; `nodeNames` are the pod's node before and after. */
  *concerned(namespace: string, name: string, nodeNames: ReadonlySet<string>): Generator<Watcher> {
    if (this.#count === 0) return;
    const drawers = ["all", `name ${this.#namespaced ? namespace : ""}/${name}`];
    if (this.#namespaced) drawers.push(`namespace ${namespace}`);
    for (const nodeName of nodeNames) drawers.push(`node ${nodeName}`);
    // A copy: a watcher that cannot keep up leaves its drawer while we walk it.
    for (const drawer of drawers) yield* Array.from(this.#drawers.get(drawer) ?? []);
  }

  /** A copy: whoever walks it may end watchers. */
  all(): Watcher[] {
    return [...this.#drawers.values()].flatMap((watchers) => [...watchers]);
  }
}
