// Which objects name which node: the keys of a node's pods, so that a thousand agents that come back look at their own alone.
// Invariant: a key stands under the node that its newest entry names, and nowhere else.
// Called by: cache/resource.ts at every change. Next on the way: resource.ts, `watchFromNow`.

import type { Entry } from "./entry.ts";

const nodeOf = (entry: Entry | undefined): string => entry?.fields["spec.nodeName"] ?? "";

export class NodeIndex {
  readonly #keys = new Map<string, Set<string>>();

  moved(key: string, before: Entry | undefined, now: Entry | undefined): void {
    const [from, to] = [nodeOf(before), nodeOf(now)];
    if (from === to) return;
    const left = this.#keys.get(from);
    left?.delete(key);
    if (left?.size === 0) this.#keys.delete(from);
    if (to === "") return;
    const keys = this.#keys.get(to);
    if (keys) keys.add(key);
    else this.#keys.set(to, new Set([key]));
  }

  on(node: string): Iterable<string> {
    return this.#keys.get(node) ?? [];
  }
}
