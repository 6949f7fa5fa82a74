// A response too large for one message, in several: for those who asked for it.
// Invariant: all parts but the last say `fragment`; a single event is never divided.
// Called by: watch.ts. Next on the way: codec.ts.

import { encode, type Sparse } from "../../codec.ts";
import type { WatchResponse } from "../../messages.gen.ts";

export function fragments(response: Sparse<WatchResponse>, maxBytes: number): readonly Sparse<WatchResponse>[] {
  const events = response.events ?? [];
  if (events.length < 2 || encode("WatchResponse", response).length < maxBytes) return [response];
  const headBytes = encode("WatchResponse", { ...response, events: [] }).length;
  const parts: (typeof events)[number][][] = [[]];
  let bytes = headBytes;
  for (const event of events) {
    const size = encode("Event", event).length + 6;
    if (parts.at(-1)!.length > 0 && bytes + size >= maxBytes) {
      parts.push([]);
      bytes = headBytes;
    }
    parts.at(-1)!.push(event);
    bytes += size;
  }
  return parts.map((part, index) => ({ ...response, events: part, fragment: index < parts.length - 1 }));
}
