// Auth.AuthEnable, AuthDisable, AuthStatus: the main switch.
// Invariant: it cannot be turned on without somebody who may turn it off.
// Called by: rpc/index.ts. Next on the way: mvcc/auth.ts.

import { unary } from "../../etcd.ts";

export const authEnable = unary("AuthEnable", async (etcd, _request, caller) => {
  etcd.access.admin(caller);
  await etcd.execute({ type: "auth", change: { change: "enable" } }, "done");
  return { header: etcd.header() };
});

export const authDisable = unary("AuthDisable", async (etcd, _request, caller) => {
  etcd.access.admin(caller);
  await etcd.execute({ type: "auth", change: { change: "disable" } }, "done");
  etcd.access.tokens.invalidate();
  return { header: etcd.header() };
});

export const authStatus = unary("AuthStatus", (etcd, _request, caller) => {
  etcd.access.admin(caller);
  const { enabled, revision } = etcd.store.state.auth;
  return { header: etcd.header(), enabled, authRevision: revision };
});
