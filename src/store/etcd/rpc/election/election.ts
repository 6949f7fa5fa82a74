// Election.Campaign, Proclaim, Leader, Resign: the leader is the oldest place in line, what it proclaims is its key's value.
// Invariant: only the leader that the caller names, made at the revision it names, can proclaim or resign.
// Called by: rpc/index.ts. Next on the way: ../queue.ts; observe.ts for who listens.

import { GrpcError } from "#wire";
import type { KeyValue } from "../../../contract.ts";
import { type Etcd, unary } from "../../etcd.ts";
import { kvOf } from "../../kv.ts";
import type { LeaderKey } from "../../messages.gen.ts";
import { afterPrefix, ifCreatedAt, leaseOf, takePlace, unknown, waitForTurn } from "../queue.ts";

const refusal = (text: string): GrpcError => new GrpcError("UNKNOWN", text);

/** Of those under the name the one made first. */
export function leaderOf({ store }: Etcd, name: string): KeyValue | undefined {
  const { state } = store;
  const prefix = `${name}/`;
  const scan = state.scan({ start: prefix, end: afterPrefix(prefix) }, state.revision, { limit: 0, countOnly: false });
  scan.advance(Number.MAX_SAFE_INTEGER);
  return scan.kvs.sort((a, b) => a.createRevision - b.createRevision)[0];
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const campaign = unary("Campaign", async (etcd, { name, lease: given, value }, caller) => {
  try {
    etcd.access.write(caller, `${name}/`, afterPrefix(`${name}/`));
    const lease = await leaseOf(etcd, given);
    const place = await takePlace(etcd, `${name}/`, lease, value);
    const { key, createRevision } = place;
    if (place.found && !sameBytes(place.found.value, value)) {
      const put = await ifCreatedAt(etcd, key, createRevision, { request_put: { key, value, lease } });
      if (put === undefined) throw refusal("election: not leader");
    }
    await waitForTurn(etcd, `${name}/`, place, caller.signal);
    return { header: etcd.header(place.revision), leader: { name, key, rev: createRevision, lease } };
  } catch (error) {
    throw unknown(error);
  }
});

function given(leader: LeaderKey | undefined): LeaderKey {
  if (!leader) throw refusal('"leader" field must be provided');
  return leader;
}

export const proclaim = unary("Proclaim", async (etcd, request, caller) => {
  try {
    const { key, rev, lease } = given(request.leader);
    etcd.access.write(caller, key);
    const revision = await ifCreatedAt(etcd, key, rev, { request_put: { key, value: request.value, lease } });
    if (revision === undefined) throw refusal("election: not leader");
    return { header: etcd.header(revision) };
  } catch (error) {
    throw unknown(error);
  }
});

export const leader = unary("Leader", (etcd, { name }, caller) => {
  try {
    etcd.access.read(caller, `${name}/`, afterPrefix(`${name}/`));
    const kv = leaderOf(etcd, name);
    if (!kv) throw refusal("election: no leader");
    return { header: etcd.header(), kv: kvOf(kv) };
  } catch (error) {
    throw unknown(error);
  }
});

export const resign = unary("Resign", async (etcd, request, caller) => {
  try {
    const { key, rev } = given(request.leader);
    etcd.access.write(caller, key);
    return { header: etcd.header(await ifCreatedAt(etcd, key, rev, { request_delete_range: { key } })) };
  } catch (error) {
    throw unknown(error);
  }
});
