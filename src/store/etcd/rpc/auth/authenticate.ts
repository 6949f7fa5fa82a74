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
  return { header: etcd.header(), token: etcd.access.tokens.assign(name, etcd.store.applied.index) };
});
