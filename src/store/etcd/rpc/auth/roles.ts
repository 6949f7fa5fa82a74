// Auth.Role…: what a role may do with which keys.
// Invariant: the root role may do everything, whether or not it was made.
// Called by: rpc/index.ts. Next on the way: mvcc/auth.ts.

import { rootName } from "../../../mvcc/auth.ts";
import { type KeyPermission, permissionTypes } from "../../../mvcc/permissions.ts";
import { unary } from "../../etcd.ts";
import { etcdError } from "../../errors.ts";
import { changeAuth } from "./users.ts";

const everything: KeyPermission = { type: permissionTypes.readWrite, key: "", rangeEnd: "\0" };

export const roleAdd = unary("RoleAdd", (etcd, { name }, caller) => {
  etcd.access.admin(caller);
  if (name === "") throw etcdError("roleEmpty");
  return changeAuth(etcd, caller, { change: "addRole", name });
});

export const roleDelete = unary("RoleDelete", (etcd, { role }, caller) => changeAuth(etcd, caller, { change: "deleteRole", name: role }));

export const roleGrantPermission = unary("RoleGrantPermission", (etcd, { name, perm }, caller) => {
  etcd.access.admin(caller);
  if (!perm) throw etcdError("permissionNotGiven");
  const permission = { type: perm.permType, key: perm.key, rangeEnd: perm.range_end };
  return changeAuth(etcd, caller, { change: "grantPermission", name, permission });
});

export const roleRevokePermission = unary("RoleRevokePermission", (etcd, { role, key, range_end }, caller) =>
  changeAuth(etcd, caller, { change: "revokePermission", name: role, key, rangeEnd: range_end }),
);

/** Everybody may look at one's own roles. */
export const roleGet = unary("RoleGet", (etcd, { role: name }, caller) => {
  const { auth } = etcd.store.state;
  const own = auth.enabled && auth.user(etcd.access.nameOf(caller) ?? "")?.roles.includes(name);
  if (!own) etcd.access.admin(caller);
  const role = auth.role(name);
  if (!role) throw etcdError("roleNotFound");
  const permissions = name === rootName ? [everything] : role.permissions;
  return { header: etcd.header(), perm: permissions.map(({ type, key, rangeEnd }) => ({ permType: type, key, range_end: rangeEnd })) };
});

export const roleList = unary("RoleList", (etcd, _request, caller) => {
  etcd.access.admin(caller);
  return { header: etcd.header(), roles: etcd.store.state.auth.roles.map(({ name }) => name) };
});
