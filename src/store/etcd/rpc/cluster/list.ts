// Cluster.MemberList: who belongs to the cluster.
// Invariant: one member, this one; it is there and it leads.
// Called by: rpc/index.ts. Next on the way: identity.ts.

import type { Sparse } from "../../codec.ts";
import { type Etcd, unary } from "../../etcd.ts";
import type { Member } from "../../messages.gen.ts";

export const thisMember = ({ identity }: Etcd): Sparse<Member> => ({
  ID: identity.memberId,
  name: identity.name,
  peerURLs: identity.peerUrls,
  clientURLs: identity.clientUrls,
});

export const memberList = unary("MemberList", (etcd) => ({ header: { ...etcd.header(), revision: 0 }, members: [thisMember(etcd)] }));
