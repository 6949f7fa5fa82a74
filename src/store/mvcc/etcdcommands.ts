// The commands that come over etcd's face, applied: requests in etcd's protobuf, alarms, rights.
// Invariant: as for every command, the state and the entry decide alone; a request is carried out whole or refused.
// Called by: state.ts for each such entry. Next on the way: transaction.ts.

import { unreachable } from "#lib";
import type { KeyValue, Revision, StoreEvent } from "../contract.ts";
import { decode, type Sparse } from "../etcd/codec.ts";
import type { DeleteRangeResponse, PutResponse, TxnResponse } from "../etcd/messages.gen.ts";
import type { AuthRefusal } from "./auth.ts";
import type { Command } from "./command.ts";
import type { MemberRefusal } from "./members.ts";
import type { MvccState, Outcome } from "./state.ts";
import { choosePath, deleteRange, execute, putAlone, putRefusal, refusalOf, type TransactionRefusal } from "./transaction.ts";

/** One revision in the making; it exists once something was written. */
export interface Change {
  readonly at: Revision;
  readonly events: readonly StoreEvent[];
  /** Gives what was there before. */
  put(key: string, value: Uint8Array, lease: bigint | undefined): KeyValue | undefined;
  delete(kv: KeyValue): void;
}

export type EtcdOutcome =
  | { readonly type: "put"; readonly response: Sparse<PutResponse> }
  | { readonly type: "deleteRange"; readonly response: Sparse<DeleteRangeResponse> }
  | { readonly type: "transaction"; readonly response: Sparse<TxnResponse> }
  | { readonly type: "refused"; readonly reason: EtcdRefusal };

type EtcdRefusal = TransactionRefusal | AuthRefusal | MemberRefusal;
type EtcdCommand = Extract<Command, { type: "etcdPut" | "etcdDeleteRange" | "etcdTxn" | "alarm" | "auth" | "members" }>;

const refused = (reason: EtcdRefusal): Outcome => ({ type: "refused", reason });

export function applyEtcd(state: MvccState, command: EtcdCommand): Outcome {
  switch (command.type) {
    case "etcdPut": {
      const request = decode("PutRequest", command.request);
      const reason = putRefusal(state, request);
      return reason ? refused(reason) : { type: "put", response: putAlone(state, request) };
    }
    case "etcdDeleteRange": {
      const request = decode("DeleteRangeRequest", command.request);
      return { type: "deleteRange", response: state.change((change) => deleteRange(change, state, request)) };
    }
    case "etcdTxn": {
      const request = decode("TxnRequest", command.request);
      const path = choosePath(state, request);
      const reason = refusalOf(state, request, path.values());
      if (reason) return refused(reason);
      const response = state.change((change) => execute(change, state, request, path.values()));
      return { type: "transaction", response: { ...response, header: { revision: state.revision } } };
    }
    case "alarm":
      state.alarms.set(command, command.active);
      return { type: "done" };
    case "auth": {
      const reason = state.auth.apply(command.change);
      return reason ? refused(reason) : { type: "done" };
    }
    case "members": {
      const reason = state.members.apply(command.change);
      return reason ? refused(reason) : { type: "done" };
    }
    default:
      return unreachable(command);
  }
}
