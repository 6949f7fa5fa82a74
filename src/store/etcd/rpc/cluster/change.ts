// Cluster.MemberAdd, MemberRemove, MemberUpdate, MemberPromote: checked as etcd does, then refused by name.
// Invariant: this cluster has one member; a change that would alter that is Unimplemented, never half done.
// Called by: rpc/index.ts. Next on the way: list.ts.

import { GrpcError } from "#wire";
import { type Etcd, unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";

const refused = (call: string): GrpcError =>
  new GrpcError("UNIMPLEMENTED", `etcdserver: ${call} is not supported: this cluster has one member`);

function isPeerUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ["http:", "https:"].includes(url.protocol) && url.port !== "" && url.pathname === "/";
}

function known({ identity }: Etcd, id: bigint): void {
  if (id !== identity.memberId) throw etcdError("memberNotFound");
}

export const memberAdd = unary("MemberAdd", ({ identity, access }, { peerURLs }, caller) => {
  access.admin(caller);
  if (peerURLs.length === 0 || !peerURLs.every(isPeerUrl)) throw etcdError("memberBadUrls");
  if (peerURLs.some((url) => identity.peerUrls.includes(url))) throw etcdError("peerUrlExists");
  throw refused("MemberAdd");
});

export const memberRemove = unary("MemberRemove", (etcd, { ID }, caller) => {
  etcd.access.admin(caller);
  known(etcd, ID);
  // Nobody would be left to agree to it.
  throw etcdError("notEnoughStarted");
});

export const memberUpdate = unary("MemberUpdate", (etcd, { ID }, caller) => {
  etcd.access.admin(caller);
  known(etcd, ID);
  throw refused("MemberUpdate");
});

export const memberPromote = unary("MemberPromote", (etcd, { ID }, caller) => {
  etcd.access.admin(caller);
  known(etcd, ID);
  throw etcdError("memberNotLearner");
});
