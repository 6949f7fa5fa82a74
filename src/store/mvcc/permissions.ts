// What a user may do with a range of keys: the permissions of all the user's roles, laid side by side.
// Invariant: a range is allowed only if no key of it, existing or not, lies outside what was granted.
// Called by: etcd/access.ts. Next on the way: auth.ts.

import type { AuthState, AuthUser } from "./auth.ts";
import { rootName } from "./auth.ts";
import { upperBound } from "./scan.ts";

/** etcd's numbers. */
export const permissionTypes = { read: 0, write: 1, readWrite: 2 } as const;

export interface KeyPermission {
  readonly type: number;
  readonly key: string;
  /** Empty: the key alone. */
  readonly rangeEnd: string;
}

export type Wish = "read" | "write";

const boundOf = (key: string, rangeEnd: string): string => upperBound(rangeEnd === "" ? { start: key } : { start: key, end: rangeEnd });

function allows(permission: KeyPermission, wish: Wish): boolean {
  return permission.type === permissionTypes.readWrite || permission.type === permissionTypes[wish];
}

export const isRoot = (user: AuthUser): boolean => user.roles.includes(rootName);

export function isPermitted(auth: AuthState, user: AuthUser, wish: Wish, key: string, rangeEnd: string): boolean {
  if (isRoot(user)) return true;
  const granted = user.roles
    .flatMap((role) => auth.role(role)?.permissions ?? [])
    .filter((permission) => allows(permission, wish))
    .map((permission) => ({ start: permission.key, end: boundOf(permission.key, permission.rangeEnd) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  // A range that ends before it begins is asked for as its first key.
  const wanted = boundOf(key, rangeEnd);
  const end = wanted > key ? wanted : boundOf(key, "");
  let covered = key;
  for (const interval of granted) {
    if (interval.start > covered) break;
    if (interval.end > covered) covered = interval.end;
    if (covered >= end) return true;
  }
  return false;
}
