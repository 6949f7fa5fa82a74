// The constructor of revisions: the only way from a plain number to the store's clock.
// Invariant: a revision is a whole number from 0 to 2^53 - 1; 0 stands for "no revision".
// Called by: everything that makes or reads revisions. Next on the way: contract.ts.

import { assert } from "#lib";
import type { Revision } from "./contract.ts";

export function revision(n: number): Revision {
  assert(Number.isSafeInteger(n) && n >= 0, `not a revision: ${n}`);
  return n as Revision;
}
