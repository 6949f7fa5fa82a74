// The narrow place through which every change goes: read what is stored, decide, write only if nobody else has.
// Invariant: a write that changes nothing writes nothing (and moves no resourceVersion); a decision is never carried out on another state than it saw.
// Called by: create.ts, update.ts, patch.ts, delete.ts, subresources. Next on the way: the store's txn.

import { type ApiObject, ApiError, encodeJson, type ManagedFieldsEntry } from "#api";
import { type KeyValue, type Revision, revision as toRevision } from "#store";
import { decodeStored, type Entry, type EntryShape, entryFromWrite, entryOfStored } from "../cache/entry.ts";
import type { Call } from "../call.ts";
import { convert } from "../convert.ts";
import { clone } from "./clone.ts";
import { keyOf } from "./keys.ts";
import { onlyTimesMoved } from "./onlytimes.ts";

/** Where a request writes. */
export interface Target {
  readonly shape: EntryShape;
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Stored {
  readonly kv: KeyValue;
  /** Freshly decoded, with its resourceVersion; the receiver may change it. */
  readonly object: ApiObject;
}

/** The subject of upstream's texts about this resource. */
export function subjectOf(call: Call): { group: string; resource: string } {
  return { group: call.resource.group, resource: call.resource.resource };
}

export function targetOf(call: Call, name: string): Target {
  const { shape } = call.core.cache.of(call.resource);
  const namespace = call.resource.namespaced ? call.info.namespace : "";
  return { shape, key: keyOf(shape.info, namespace, name), namespace, name };
}

export function decodeKv(target: Target, kv: KeyValue): Stored {
  const object = decodeStored(target.shape, kv.value);
  object.metadata.resourceVersion = String(kv.modRevision);
  return { kv, object };
}

/** The newest state, from the store itself: a writer must not decide on old news. */
export async function readStored(call: Call, target: Target): Promise<Stored | undefined> {
  const { kvs } = await call.core.store.range({ start: target.key });
  return kvs[0] && decodeKv(target, kvs[0]);
}

export type Decision =
  /** `owners`: those the object had; if nothing else than the times of its owners changes, nothing does. */
  | { readonly type: "put"; readonly object: ApiObject; readonly owners?: readonly ManagedFieldsEntry[] | undefined }
  | { readonly type: "delete"; readonly last?: ApiObject }
  /** Leave it as it is. */
  | { readonly type: "keep" };

export interface Outcome {
  readonly type: "created" | "updated" | "unchanged" | "deleted";
  /** The object after the write; for a deletion its last state, at the deletion's revision. */
  readonly entry: Entry;
}

export interface ChangeOptions {
  readonly dryRun: boolean;
  /** For creations: the first attempt assumes that nothing is there, which saves the read. */
  readonly expectAbsent?: boolean;
}

const maxAttempts = 20;

/**
 * Reads, lets `decide` look, and writes under the condition that nothing happened in between; else all over again.
 * `decide` gets a fresh object each time and refuses by throwing.
 */
export async function change(
  call: Call,
  target: Target,
  options: ChangeOptions,
  decide: (stored: Stored | undefined) => Promise<Decision>,
): Promise<Outcome> {
  let stored = options.expectAbsent && !options.dryRun ? undefined : await readStored(call, target);
  for (let attempt = 1; ; attempt++) {
    const before = stored && entryOfStored(target.shape, stored.kv, stored.object, clone);
    const decision = await decide(stored);
    if (decision.type === "keep") return { type: "unchanged", entry: before ?? nothing(target) };
    const expect = stored?.kv.modRevision ?? toRevision(0);
    const written = await attemptWrite(call, target, { decision, expect, before, dryRun: options.dryRun });
    if ("outcome" in written) return written.outcome;
    if (attempt === maxAttempts) throw ApiError.modified(subjectOf(call), target.name);
    stored = written.current && decodeKv(target, written.current);
  }
}

function entryFromLast(target: Target, before: Entry, last: ApiObject): Entry {
  delete last.metadata.resourceVersion;
  return entryFromWrite(target.shape, target.key, before.revision, encodeJson(last, target.shape.info.type), last);
}

/** Stands for "there is nothing": only seen by who has decided to keep it that way. */
function nothing({ key, namespace, name }: Target): Entry {
  return { key, namespace, name, revision: toRevision(0), bytes: Buffer.alloc(0), offset: 0, labels: undefined, fields: {} };
}

interface Attempt {
  readonly decision: Exclude<Decision, { type: "keep" }>;
  readonly expect: Revision;
  readonly before: Entry | undefined;
  readonly dryRun: boolean;
}

async function attemptWrite(
  call: Call,
  target: Target,
  { decision, expect, before, dryRun }: Attempt,
): Promise<{ outcome: Outcome } | { current: KeyValue | undefined }> {
  const { store, cache } = call.core;
  if (decision.type === "delete") {
    const last = decision.last ? entryFromLast(target, before!, decision.last) : before!;
    if (dryRun) return { outcome: { type: "deleted", entry: last } };
    const result = await store.txn({ key: target.key, expect, operation: { type: "delete" }, cause: call.cause });
    if (!result.succeeded) return { current: result.current };
    call.written = { key: target.key, revision: result.revision };
    return { outcome: { type: "deleted", entry: { ...last, revision: result.revision } } };
  }
  const object = convert(decision.object, target.shape.info);
  delete object.metadata.resourceVersion;
  const bytes = encodeJson(object, target.shape.info.type);
  if (before && (bytes.compare(before.bytes) === 0 || onlyTimesMoved(object, bytes, { before, owners: decision.owners, target })))
    return { outcome: { type: "unchanged", entry: before } };
  const entry = entryFromWrite(target.shape, target.key, expect, bytes, object);
  const type = expect === 0 ? "created" : "updated";
  if (dryRun) return { outcome: { type, entry } };
  const lease = target.shape.info.kind === "Event" ? { lease: await call.core.leases.next() } : {};
  cache.expect(entry);
  const result = await store.txn({ key: target.key, expect, operation: { type: "put", value: bytes, ...lease }, cause: call.cause });
  if (!result.succeeded) return { current: result.current };
  call.written = { key: target.key, revision: result.revision };
  return { outcome: { type, entry: { ...entry, revision: result.revision } } };
}
