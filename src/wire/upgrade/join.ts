// Two connections made one: what comes out of either goes into the other, unread.
// Invariant: back-pressure passes through; what was sent before an end arrives; when one side is gone the other goes too, within a bound.
// Called by: the API server between client and kubelet. Next on the way: nobody looks at these bytes any more.

import type { Duplex } from "node:stream";
import type { Clock } from "#lib";

const lingerMs = 5000;

function follow(clock: Clock, one: Duplex, other: Duplex): void {
  one.pipe(other);
  one.on("error", () => undefined);
  one.once("close", () => {
    if (other.destroyed) return;
    // What is still on its way out gets a moment, and what still comes is dropped: a connection that is cut with unread bytes loses both.
    const cut = clock.after(lingerMs, () => other.destroy());
    other.once("close", () => cut.cancel());
    other.end();
    other.unpipe();
    other.resume();
  });
}

export function join(clock: Clock, one: Duplex, other: Duplex): void {
  if (one.destroyed || other.destroyed) {
    one.destroy();
    other.destroy();
    return;
  }
  follow(clock, one, other);
  follow(clock, other, one);
}
