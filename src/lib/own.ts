// The one way to read a keyed map that came from outside.
// Invariant: a key called `constructor` or `__proto__` is an ordinary key, present only if somebody put it there.
// Called by: everything that looks up labels, annotations, data keys. Next on the way: queue.ts.

/** `map[key]`, but only if `key` is the map's own. */
export function own<Value>(map: Readonly<Record<string, Value>> | undefined | null, key: string): Value | undefined {
  return map !== undefined && map !== null && Object.hasOwn(map, key) ? map[key] : undefined;
}
