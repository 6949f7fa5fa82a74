// Users, roles and what roles may: the state that etcd's Auth calls change, entry by entry.
// Invariant: equal changes in equal order give equal states; a password is here only as its hash, made before the entry was written.
// Called by: state.ts for entries, snapshot/ to keep it, etcd/access.ts to ask it. Next on the way: permissions.ts.

import { assert } from "#lib";
import { IssuedTokens } from "./issuedtokens.ts";
import type { KeyPermission } from "./permissions.ts";

export const rootName = "root";

export interface AuthUser {
  readonly name: string;
  /** Empty for who has none. */
  readonly passwordHash: string;
  readonly noPassword: boolean;
  /** In order. */
  readonly roles: readonly string[];
}

export interface AuthRole {
  readonly name: string;
  /** In the order of their keys. */
  readonly permissions: readonly KeyPermission[];
}

export type AuthChange =
  | { readonly change: "enable" | "disable" }
  /** Given out by a member of several: the others learn of it so. */
  | { readonly change: "token"; readonly name: string; readonly token: string; readonly atMs: number }
  | { readonly change: "addUser"; readonly name: string; readonly passwordHash: string; readonly noPassword: boolean }
  | { readonly change: "deleteUser"; readonly name: string }
  | { readonly change: "changePassword"; readonly name: string; readonly passwordHash: string }
  | { readonly change: "grantRole" | "revokeRole"; readonly name: string; readonly role: string }
  | { readonly change: "addRole" | "deleteRole"; readonly name: string }
  | { readonly change: "grantPermission"; readonly name: string; readonly permission: KeyPermission }
  | { readonly change: "revokePermission"; readonly name: string; readonly key: string; readonly rangeEnd: string };

export type AuthRefusal =
  | "rootUserNotExist"
  | "rootRoleNotExist"
  | "userAlreadyExists"
  | "userNotFound"
  | "roleAlreadyExists"
  | "roleNotFound"
  | "roleNotGranted"
  | "permissionNotGranted"
  | "invalidAuthManagement";

/** As a snapshot keeps it. */
export interface AuthRecord {
  readonly enabled: boolean;
  readonly revision: number;
  readonly users: readonly AuthUser[];
  readonly roles: readonly AuthRole[];
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

export class AuthState {
  enabled = false;
  /** Counts changes; etcd's begins with 1. */
  revision = 1;
  readonly tokens = new IssuedTokens();
  readonly #users = new Map<string, AuthUser>();
  readonly #roles = new Map<string, AuthRole>();

  user(name: string): AuthUser | undefined {
    return this.#users.get(name);
  }

  role(name: string): AuthRole | undefined {
    return this.#roles.get(name);
  }

  get users(): AuthUser[] {
    return [...this.#users.values()].sort(byName);
  }

  get roles(): AuthRole[] {
    return [...this.#roles.values()].sort(byName);
  }

  /** False if there was never anything to keep. */
  get used(): boolean {
    return this.revision > 1;
  }

  record(): AuthRecord {
    return { enabled: this.enabled, revision: this.revision, users: this.users, roles: this.roles };
  }

  restore({ enabled, revision, users, roles }: AuthRecord): void {
    this.enabled = enabled;
    this.revision = revision;
    for (const user of users) this.#users.set(user.name, user);
    for (const role of roles) this.#roles.set(role.name, role);
  }

  /** Why it could not be done, if so; then nothing has changed. */
  apply(change: AuthChange): AuthRefusal | undefined {
    switch (change.change) {
      case "enable":
        return this.#enable();
      case "disable":
        if (this.enabled) this.revision++;
        this.enabled = false;
        this.tokens.forget();
        return undefined;
      case "token":
        // Its user may have gone meanwhile.
        if (!this.#users.has(change.name)) return "userNotFound";
        this.tokens.add(change.token, { user: change.name, atMs: change.atMs });
        return undefined;
      case "addUser":
      case "deleteUser":
      case "changePassword":
        return this.#changeUser(change);
      case "grantRole":
      case "revokeRole":
        return this.#changeRoles(change);
      case "addRole":
      case "deleteRole":
        return this.#changeRole(change);
      case "grantPermission":
        return this.#grant(change.name, change.permission);
      case "revokePermission":
        return this.#revoke(change.name, change.key, change.rangeEnd);
      default:
        assert(false, `the log has a change of rights of unknown kind ${String((change as { change: unknown }).change)}`);
    }
  }

  #enable(): AuthRefusal | undefined {
    if (this.enabled) return undefined;
    const root = this.#users.get(rootName);
    if (!root) return "rootUserNotExist";
    if (!root.roles.includes(rootName)) return "rootRoleNotExist";
    this.enabled = true;
    return undefined;
  }

  #putUser(user: AuthUser): undefined {
    this.#users.set(user.name, user);
    this.revision++;
  }

  #putRole(role: AuthRole): undefined {
    this.#roles.set(role.name, role);
    this.revision++;
  }

  #changeUser(change: Extract<AuthChange, { change: "addUser" | "deleteUser" | "changePassword" }>): AuthRefusal | undefined {
    const { name } = change;
    const user = this.#users.get(name);
    if (change.change !== "addUser") this.tokens.forget(name);
    if (change.change === "addUser") {
      if (user) return "userAlreadyExists";
      return this.#putUser({ name, passwordHash: change.passwordHash, noPassword: change.noPassword, roles: [] });
    }
    if (change.change === "deleteUser" && this.enabled && name === rootName) return "invalidAuthManagement";
    if (!user) return "userNotFound";
    if (change.change === "changePassword") return this.#putUser({ ...user, passwordHash: user.noPassword ? "" : change.passwordHash });
    this.#users.delete(name);
    this.revision++;
    return undefined;
  }

  #changeRoles({ change, name, role }: Extract<AuthChange, { change: "grantRole" | "revokeRole" }>): AuthRefusal | undefined {
    if (change === "revokeRole" && this.enabled && name === rootName && role === rootName) return "invalidAuthManagement";
    const user = this.#users.get(name);
    if (!user) return "userNotFound";
    const has = user.roles.includes(role);
    if (change === "revokeRole")
      return has ? this.#putUser({ ...user, roles: user.roles.filter((one) => one !== role) }) : "roleNotGranted";
    // The root role is known without being made.
    if (role !== rootName && !this.#roles.has(role)) return "roleNotFound";
    return has ? undefined : this.#putUser({ ...user, roles: [...user.roles, role].sort((a, b) => (a < b ? -1 : 1)) });
  }

  #changeRole({ change, name }: Extract<AuthChange, { change: "addRole" | "deleteRole" }>): AuthRefusal | undefined {
    if (change === "addRole") return this.#roles.has(name) ? "roleAlreadyExists" : this.#putRole({ name, permissions: [] });
    if (this.enabled && name === rootName) return "invalidAuthManagement";
    if (!this.#roles.delete(name)) return "roleNotFound";
    for (const user of this.#users.values())
      if (user.roles.includes(name)) this.#users.set(user.name, { ...user, roles: user.roles.filter((one) => one !== name) });
    this.revision++;
    return undefined;
  }

  #grant(name: string, permission: KeyPermission): AuthRefusal | undefined {
    const role = this.#roles.get(name);
    if (!role) return "roleNotFound";
    const others = role.permissions.filter(({ key, rangeEnd }) => key !== permission.key || rangeEnd !== permission.rangeEnd);
    return this.#putRole({ name, permissions: [...others, permission].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) });
  }

  #revoke(name: string, key: string, rangeEnd: string): AuthRefusal | undefined {
    const role = this.#roles.get(name);
    if (!role) return "roleNotFound";
    const permissions = role.permissions.filter((one) => one.key !== key || one.rangeEnd !== rangeEnd);
    return permissions.length === role.permissions.length ? "permissionNotGranted" : this.#putRole({ name, permissions });
  }
}
