// Which releases of etcd can be asked how far a watch is.
// Invariant: kube-apiserver's own bounds; before them an answer could overtake events, so it is not believed.
// Called by: store.ts. Next on the way: watch.ts, which watches everything where it cannot ask.

/** 3.4.31 and later of 3.4, 3.5.13 and later of 3.5, everything after. */
export function knowsProgress(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.\-+]/).map(Number);
  if (major !== 3) return major > 3;
  if (minor <= 4) return minor === 4 && patch >= 31;
  return minor > 5 || patch >= 13;
}
