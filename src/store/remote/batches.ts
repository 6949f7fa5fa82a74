// What a watch's message says: its events, put together by revision.
// Invariant: a revision's events are one batch; values are copied, for a view would keep the whole message; revisions of other keys alone
// have no batch and still count.
// Called by: watch.ts; `keyValueOf` by store.ts. Next on the way: contract.ts.

import type { EventBatch, KeyRange, KeyValue, Revision, StoreEvent } from "../contract.ts";
import type { Event, KeyValue as EtcdKeyValue } from "../etcd/messages.gen.ts";
import { revision as toRevision } from "../revision.ts";
import type { Causes } from "./causes.ts";
import type { KeyMap } from "./keys.ts";

export interface BatchView {
  readonly keys: KeyMap;
  readonly causes: Causes;
}

const deletion = 1;
const noValue = Buffer.alloc(0);

export function keyValueOf(kv: EtcdKeyValue, keys: KeyMap): KeyValue {
  return {
    key: keys.in(kv.key),
    value: kv.value.length === 0 ? noValue : Buffer.from(kv.value),
    createRevision: toRevision(kv.create_revision),
    modRevision: toRevision(kv.mod_revision),
    version: kv.version,
    ...(kv.lease !== 0n && { lease: kv.lease }),
  };
}

/** Without what was there before: the watch cache has it, and the store would have to read it anew for each event. */
function eventOf({ type, kv }: Event & { readonly kv: EtcdKeyValue }, keys: KeyMap): StoreEvent {
  return { type: type === deletion ? "delete" : "put", kv: keyValueOf(kv, keys) };
}

/** In the store's own keys: what lies below another prefix may look like ours once translated. */
const within = ({ start, end }: KeyRange, key: string): boolean => (end === undefined ? key === start : key >= start && key < end);

interface RevisionBatch {
  readonly revision: Revision;
  /** Absent: this revision has nothing in the range. */
  readonly batch?: EventBatch;
}

export function* batchesOf(events: readonly Event[], { start, end }: KeyRange, view: BatchView): Generator<RevisionBatch> {
  const range = { start: view.keys.out(start), ...(end !== undefined && { end: view.keys.out(end) }) };
  for (let index = 0; index < events.length; ) {
    const revision = toRevision(events[index]!.kv?.mod_revision ?? 0);
    const inRange: StoreEvent[] = [];
    for (; index < events.length && events[index]!.kv?.mod_revision === revision; index++) {
      const event = events[index]! as Event & { readonly kv: EtcdKeyValue };
      if (!within(range, event.kv.key)) continue;
      inRange.push(eventOf(event, view.keys));
    }
    yield inRange.length === 0 ? { revision } : { revision, batch: batchOf(revision, inRange, view) };
  }
}

function batchOf(revision: Revision, events: readonly StoreEvent[], { causes }: BatchView): EventBatch {
  const [{ type, kv }] = events as [StoreEvent];
  const cause = causes.ofEvent(revision, kv.key, type === "put" ? kv.value : undefined);
  return { revision, events, ...(cause && { cause }) };
}
