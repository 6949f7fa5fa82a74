// Auth.Authenticate: a name and a password for a token.
// Invariant: who does not exist and whose password is wrong get the same answer.
// Called by: rpc/index.ts. Next on the way: tokens.ts.

import { GrpcError } from "#wire";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { isPassword } from "../../passwords.ts";

export const authenticate = unary("Authenticate", async (etcd, { name, password }) => {
  const { auth } = etcd.store.state;
  if (!auth.enabled) throw etcdError("authNotEnabled");
  const user = auth.user(name);
  if (!user) throw etcdError("authFailed");
  if (user.noPassword) throw new GrpcError("UNKNOWN", "auth: authentication failed, password was given for no password user");
  if (!(await isPassword(password, user.passwordHash))) throw etcdError("authFailed");
  // It may have been changed while the hash was computed.
  if (auth.user(name)?.passwordHash !== user.passwordHash) throw etcdError("authFailed");
  const { tokens } = etcd.access;
  const { index } = etcd.store.applied;
  if (etcd.cluster.members.length === 1) return { header: etcd.header(), token: tokens.assign(name, index) };
  // The others have to know it, too: by the log, as everything.
  const token = tokens.make(index);
  await etcd.execute({ type: "auth", change: { change: "token", name, token, atMs: etcd.clock.nowMs() } }, "done");
  return { header: etcd.header(), token };
});
