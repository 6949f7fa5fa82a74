// Who a member is: etcd derives the ids of members and clusters from the peers' addresses, and so do we.
// Invariant: equal addresses and an equal token give the ids that etcd would have.
// Called by: compose/ when a store starts. Next on the way: face.ts.

import { createHash } from "node:crypto";
import type { Identity } from "./etcd.ts";

const firstEightBytes = (data: Uint8Array | string): bigint => createHash("sha1").update(data).digest().readBigUInt64BE(0);

export const memberIdOf = (peerUrls: readonly string[], clusterToken: string): bigint =>
  firstEightBytes([...peerUrls].sort().join("") + clusterToken);

export function clusterIdOf(memberIds: readonly bigint[]): bigint {
  const bytes = Buffer.alloc(memberIds.length * 8);
  for (const [index, id] of [...memberIds].sort((a, b) => (a < b ? -1 : 1)).entries()) bytes.writeBigUInt64BE(id, index * 8);
  return firstEightBytes(bytes);
}

export function soleMember(name: string, peerUrls: readonly string[], clientUrls: readonly string[], clusterToken: string): Identity {
  const memberId = memberIdOf(peerUrls, clusterToken);
  return { name, memberId, clusterId: clusterIdOf([memberId]), peerUrls, clientUrls };
}
