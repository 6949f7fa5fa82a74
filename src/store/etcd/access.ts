// Who may do what: the caller's token or certificate gives a user, the user's roles give the answer.
// Invariant: with authentication off everything is allowed; with it on nothing is allowed to nobody.
// Called by: rpc/ before anything is read or written. Next on the way: mvcc/permissions.ts.

import type { GrpcCall } from "#wire";
import { header } from "#wire";
import type { AuthState, AuthUser } from "../mvcc/auth.ts";
import { isPermitted, isRoot, type Wish } from "../mvcc/permissions.ts";
import { etcdError } from "./errors.ts";
import type { RequestOp, TxnRequest } from "./messages.gen.ts";
import type { Tokens } from "./tokens.ts";

export type Who = Pick<GrpcCall, "metadata" | "peer">;

export class Access {
  readonly #state: () => AuthState;
  readonly tokens: Tokens;

  /** Asked anew each time: another member's snapshot may have taken its place. */
  constructor(state: () => AuthState, tokens: Tokens) {
    this.#state = state;
    this.tokens = tokens;
  }

  get #auth(): AuthState {
    return this.#state();
  }

  /** The caller's name; undefined if nobody in particular. */
  nameOf({ metadata, peer }: Who): string | undefined {
    const token = header(metadata, "token") ?? header(metadata, "authorization");
    if (token === undefined) return peer.certificate?.commonName;
    const user = this.tokens.userOf(token);
    if (user === undefined) throw etcdError("invalidAuthToken");
    return user;
  }

  #user(who: Who): AuthUser {
    const name = this.nameOf(who);
    if (!name) throw etcdError("userEmpty");
    const user = this.#auth.user(name);
    if (!user) throw etcdError("permissionDenied");
    return user;
  }

  #check(who: Who, wish: Wish, key: string, rangeEnd: string): void {
    if (!this.#auth.enabled) return;
    if (!isPermitted(this.#auth, this.#user(who), wish, key, rangeEnd)) throw etcdError("permissionDenied");
  }

  read(who: Who, key: string, rangeEnd = ""): void {
    this.#check(who, "read", key, rangeEnd);
  }

  write(who: Who, key: string, rangeEnd = ""): void {
    this.#check(who, "write", key, rangeEnd);
  }

  /** Whoever may write every key of a lease may end it, or hang more on it. */
  lease(who: Who, keys: Iterable<string>): void {
    for (const key of keys) this.write(who, key);
  }

  admin(who: Who): void {
    if (!this.#auth.enabled) return;
    const name = this.nameOf(who);
    if (!name) throw etcdError("userEmpty");
    const user = this.#auth.user(name);
    if (!user) throw etcdError("userNotFound");
    if (!isRoot(user)) throw etcdError("permissionDenied");
  }

  /** Of both branches: which one is taken must not tell what may not be read. */
  txn(who: Who, txn: TxnRequest): void {
    if (!this.#auth.enabled) return;
    for (const { key, range_end } of txn.compare) this.read(who, key, range_end);
    for (const operation of [...txn.success, ...txn.failure]) this.#operation(who, operation);
  }

  #operation(who: Who, { request_range, request_put, request_delete_range, request_txn }: RequestOp): void {
    if (request_range) this.read(who, request_range.key, request_range.range_end);
    if (request_put) this.write(who, request_put.key);
    if (request_delete_range) {
      this.write(who, request_delete_range.key, request_delete_range.range_end);
      if (request_delete_range.prev_kv) this.read(who, request_delete_range.key, request_delete_range.range_end);
    }
    if (request_txn) this.txn(who, request_txn);
  }
}
