// Cluster.MemberList: who belongs to the cluster.
// Invariant: every member gives the same list, as soon as it has applied the same log.
// Called by: rpc/index.ts, change.ts. Next on the way: members/group.ts.

import type { MemberRecord } from "../../../mvcc/members.ts";
import type { Sparse } from "../../codec.ts";
import { type Etcd, unary } from "../../etcd.ts";
import type { Member } from "../../messages.gen.ts";
import { linearizable } from "../../served.ts";

export const memberOf = ({ id, name, peerUrls, clientUrls, learner }: MemberRecord): Sparse<Member> => ({
  ID: BigInt(`0x${id}`),
  name,
  peerURLs: peerUrls,
  clientURLs: clientUrls,
  isLearner: learner,
});

/** By id, as etcd has them. */
export const membersOf = ({ cluster }: Etcd): Sparse<Member>[] =>
  cluster.members.toSorted((a, b) => (BigInt(`0x${a.id}`) < BigInt(`0x${b.id}`) ? -1 : 1)).map(memberOf);

export const memberList = unary("MemberList", async (etcd, request) => {
  if (request.linearizable) await linearizable(etcd);
  return { header: { ...etcd.header(), revision: 0 }, members: membersOf(etcd) };
});
