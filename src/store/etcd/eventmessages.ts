// Events as messages, written once however many watch them.
// Invariant: what is kept is bounded and recent; an event that is asked for later is written again.
// Called by: rpc/watch/onewatch.ts. Next on the way: codec.ts.

import type { StoreEvent } from "../contract.ts";
import { encoded, type Sparse } from "./codec.ts";
import { eventOf } from "./kv.ts";
import type { Event } from "./messages.gen.ts";

/** As many as one large revision may have; watchers of one event come right after each other. */
const maxKept = 128;

export class EventMessages {
  readonly #plain = new Map<StoreEvent, Sparse<Event>>();
  readonly #withPrevious = new Map<StoreEvent, Sparse<Event>>();

  of(event: StoreEvent, withPrevious: boolean): Sparse<Event> {
    const kept = withPrevious ? this.#withPrevious : this.#plain;
    const found = kept.get(event);
    if (found) return found;
    const message = encoded("Event", eventOf(event, withPrevious));
    if (kept.size >= maxKept) kept.clear();
    kept.set(event, message);
    return message;
  }
}
