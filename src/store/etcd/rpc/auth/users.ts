// Auth.User…: who there is, with which password, in which roles.
// Invariant: a password leaves this file only as its hash; whoever loses it, or goes, loses its tokens, too.
// Called by: rpc/index.ts. Next on the way: mvcc/auth.ts.

import type { AuthChange } from "../../../mvcc/auth.ts";
import { type Caller, type Etcd, unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { hashPassword } from "../../passwords.ts";

/** For those who may administer. */
export async function changeAuth(etcd: Etcd, caller: Caller, change: AuthChange): Promise<{ header: ReturnType<Etcd["header"]> }> {
  etcd.access.admin(caller);
  await etcd.execute({ type: "auth", change }, "done");
  return { header: etcd.header() };
}

const hash = (etcd: Etcd, password: string): Promise<string> => hashPassword(password, (bytes) => etcd.prng.bytes(bytes));

export const userAdd = unary("UserAdd", async (etcd, { name, password, options }, caller) => {
  etcd.access.admin(caller);
  if (name === "") throw etcdError("userEmpty");
  const noPassword = options?.no_password ?? false;
  const passwordHash = noPassword ? "" : await hash(etcd, password);
  return changeAuth(etcd, caller, { change: "addUser", name, passwordHash, noPassword });
});

export const userDelete = unary("UserDelete", async (etcd, { name }, caller) => {
  const answer = await changeAuth(etcd, caller, { change: "deleteUser", name });
  etcd.access.tokens.invalidate(name);
  return answer;
});

export const userChangePassword = unary("UserChangePassword", async (etcd, { name, password }, caller) => {
  etcd.access.admin(caller);
  const answer = await changeAuth(etcd, caller, { change: "changePassword", name, passwordHash: await hash(etcd, password) });
  etcd.access.tokens.invalidate(name);
  return answer;
});

export const userGrantRole = unary("UserGrantRole", (etcd, { user, role }, caller) =>
  changeAuth(etcd, caller, { change: "grantRole", name: user, role }),
);

export const userRevokeRole = unary("UserRevokeRole", (etcd, { name, role }, caller) =>
  changeAuth(etcd, caller, { change: "revokeRole", name, role }),
);

/** Everybody may look at oneself. */
export const userGet = unary("UserGet", (etcd, { name }, caller) => {
  const { auth } = etcd.store.state;
  if (auth.enabled && etcd.access.nameOf(caller) !== name) etcd.access.admin(caller);
  const user = auth.user(name);
  if (!user) throw etcdError("userNotFound");
  return { header: etcd.header(), roles: user.roles };
});

export const userList = unary("UserList", (etcd, _request, caller) => {
  etcd.access.admin(caller);
  return { header: etcd.header(), users: etcd.store.state.auth.users.map(({ name }) => name) };
});
