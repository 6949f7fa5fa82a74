// Waiting in line, which locks and elections share: a key under a prefix, tied to a lease; the oldest key is first.
// Invariant: a place in line is one key, made once per lease; who gives up waiting leaves the line.
// Called by: lock/, election/. Next on the way: kv/txn.ts for what the keys are.

import { GrpcError } from "#wire";
import type { KeyValue } from "../../contract.ts";
import { encode, type Sparse } from "../codec.ts";
import type { Etcd } from "../etcd.ts";
import type { RequestOp, TxnRequest, TxnResponse } from "../messages.gen.ts";
import { leaseGrant } from "./lease/grant.ts";

/** These services are clients of the store within it; what the store refuses them has lost its code on the way. */
export function unknown(error: unknown): GrpcError {
  return error instanceof GrpcError && error.code !== "UNKNOWN" ? new GrpcError("UNKNOWN", error.message) : (error as GrpcError);
}

export interface Place {
  readonly key: string;
  readonly createRevision: number;
  /** As it was found, if it was there already. */
  readonly found: KeyValue | undefined;
  /** The revision of the answer. */
  readonly revision: number;
}

const sessionSeconds = 60;
const createTarget = 1;

export async function transact(etcd: Etcd, request: Sparse<TxnRequest>): Promise<Sparse<TxnResponse>> {
  return (await etcd.execute({ type: "etcdTxn", request: encode("TxnRequest", request) }, "transaction")).response;
}

/** Does `operation` if the key was made at `createRevision`; undefined if it was not. */
export async function ifCreatedAt(
  etcd: Etcd,
  key: string,
  createRevision: number,
  operation: Sparse<RequestOp>,
): Promise<number | undefined> {
  const compare = [{ key, target: createTarget, create_revision: createRevision }];
  const { succeeded, header } = await transact(etcd, { compare, success: [operation] });
  return succeeded ? header?.revision : undefined;
}

/** A caller without a lease gets one that ends by itself. */
export async function leaseOf(etcd: Etcd, lease: bigint): Promise<bigint> {
  if (lease !== 0n) return lease;
  const { ID } = (await leaseGrant.handle(etcd, { ID: 0n, TTL: sessionSeconds } as never, undefined as never)) as { ID: bigint };
  return ID;
}

export async function takePlace(etcd: Etcd, prefix: string, lease: bigint, value: Uint8Array): Promise<Place> {
  const key = `${prefix}${lease.toString(16)}`;
  const revision = await ifCreatedAt(etcd, key, 0, { request_put: { key, value, lease } });
  if (revision !== undefined) return { key, createRevision: revision, found: undefined, revision };
  const found = etcd.store.state.newest(key);
  // It was there a moment ago: its lease has ended since.
  if (!found) return takePlace(etcd, prefix, lease, value);
  return { key, createRevision: found.createRevision, found, revision: etcd.store.state.revision };
}

function ahead(etcd: Etcd, prefix: string, createRevision: number): KeyValue | undefined {
  const { state } = etcd.store;
  const scan = state.scan({ start: prefix, end: afterPrefix(prefix) }, state.revision, { limit: 0, countOnly: false });
  scan.advance(Number.MAX_SAFE_INTEGER);
  const before = scan.kvs.filter((kv) => kv.createRevision < createRevision);
  return before.sort((a, b) => b.createRevision - a.createRevision)[0];
}

/** The least key above all that begin with `prefix`. */
export function afterPrefix(prefix: string): string {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const code = prefix.charCodeAt(last);
    if (code < 0xff) return prefix.slice(0, last) + String.fromCharCode(code + 1);
  }
  return "\0";
}

/** Waits until nobody in line was there before; true if it had to. Each waits for the one before it only: no herd. */
export async function waitForTurn(etcd: Etcd, prefix: string, place: Place, signal: AbortSignal): Promise<boolean> {
  let waited = false;
  for (;;) {
    const before = ahead(etcd, prefix, place.createRevision);
    if (!before) return waited;
    waited = true;
    await deletionOf(etcd, before, signal);
    if (!signal.aborted) continue;
    await leave(etcd, place);
    throw new GrpcError("CANCELLED", "context canceled");
  }
}

export const leave = (etcd: Etcd, { key, createRevision }: Place): Promise<number | undefined> =>
  ifCreatedAt(etcd, key, createRevision, { request_delete_range: { key } });

function deletionOf(etcd: Etcd, kv: KeyValue, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watch = etcd.store.watch(
    { start: kv.key, startRevision: etcd.store.state.revision },
    {
      batch: ({ events }) => {
        if (events.some(({ type }) => type === "delete")) resolve();
      },
      progress: () => undefined,
      // Compacted or stopped: looking again tells.
      closed: () => resolve(),
    },
  );
  const gone = (): void => resolve();
  signal.addEventListener("abort", gone, { once: true });
  if (signal.aborted) resolve();
  return promise.finally(() => {
    signal.removeEventListener("abort", gone);
    watch.close();
  });
}
