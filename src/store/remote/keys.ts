// Where in a foreign store this cluster's keys lie: below `/registry`, or below another prefix if several clusters share the store.
// Invariant: whoever uses the store sees `/registry/…`; one to one, order included.
// Called by: store.ts, watch.ts. Next on the way: the API server's registry/keys.ts, who names the keys.

const root = "/registry";

export interface KeyMap {
  out(key: string): string;
  in(key: string): string;
}

/** `prefix` as kube-apiserver's --etcd-prefix: with a slash in front and none at the end. */
export function keyMap(prefix: string): KeyMap {
  if (prefix === root) return { out: (key) => key, in: (key) => key };
  return {
    // The end of a range, `/registry0`, too.
    out: (key) => (key.startsWith(root) ? prefix + key.slice(root.length) : key),
    in: (key) => (key.startsWith(prefix) ? root + key.slice(prefix.length) : key),
  };
}
