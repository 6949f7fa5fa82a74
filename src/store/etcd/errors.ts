// etcd's refusals: one name, one code, one text. Clients match both.
// Invariant: what is refused leaves as one of these; a store's own error has its place here, too.
// Called by: rpc/. Next on the way: rpc/index.ts.

import { type GrpcCode, GrpcError } from "#wire";
import { StoreError, type StoreErrorCode } from "../contract.ts";
import type { Outcome } from "../mvcc/state.ts";

const table = {
  emptyKey: ["INVALID_ARGUMENT", "etcdserver: key is not provided"],
  keyNotFound: ["INVALID_ARGUMENT", "etcdserver: key not found"],
  valueProvided: ["INVALID_ARGUMENT", "etcdserver: value is provided"],
  leaseProvided: ["INVALID_ARGUMENT", "etcdserver: lease is provided"],
  tooManyOps: ["INVALID_ARGUMENT", "etcdserver: too many operations in txn request"],
  duplicateKey: ["INVALID_ARGUMENT", "etcdserver: duplicate key given in txn request"],
  invalidSortOption: ["INVALID_ARGUMENT", "etcdserver: invalid sort option"],
  compacted: ["OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted"],
  future: ["OUT_OF_RANGE", "etcdserver: mvcc: required revision is a future revision"],
  noSpace: ["RESOURCE_EXHAUSTED", "etcdserver: mvcc: database space exceeded"],
  leaseNotFound: ["NOT_FOUND", "etcdserver: requested lease not found"],
  leaseExists: ["FAILED_PRECONDITION", "etcdserver: lease already exists"],
  leaseTtlTooLarge: ["OUT_OF_RANGE", "etcdserver: too large lease TTL"],
  requestTooLarge: ["INVALID_ARGUMENT", "etcdserver: request is too large"],
  tooManyRequests: ["RESOURCE_EXHAUSTED", "etcdserver: too many requests"],
  memberNotFound: ["NOT_FOUND", "etcdserver: member not found"],
  memberExists: ["FAILED_PRECONDITION", "etcdserver: member ID already exist"],
  tooManyLearners: ["FAILED_PRECONDITION", "etcdserver: too many learner members in cluster"],
  learnerNotReady: ["FAILED_PRECONDITION", "etcdserver: can only promote a learner member which is in sync with leader"],
  unhealthy: ["UNAVAILABLE", "etcdserver: unhealthy cluster"],
  notForLearner: ["UNAVAILABLE", "etcdserver: rpc not supported for learner"],
  noLeader: ["UNAVAILABLE", "etcdserver: no leader"],
  notLeader: ["FAILED_PRECONDITION", "etcdserver: not leader"],
  leaderTransferTimeout: ["UNAVAILABLE", "etcdserver: request timed out, leader transfer took too long"],
  memberNotLearner: ["FAILED_PRECONDITION", "etcdserver: can only promote a learner member"],
  memberBadUrls: ["INVALID_ARGUMENT", "etcdserver: given member URLs are invalid"],
  peerUrlExists: ["FAILED_PRECONDITION", "etcdserver: Peer URLs already exists"],
  notEnoughStarted: ["FAILED_PRECONDITION", "etcdserver: re-configuration failed due to not enough started members"],
  rootUserNotExist: ["FAILED_PRECONDITION", "etcdserver: root user does not exist"],
  rootRoleNotExist: ["FAILED_PRECONDITION", "etcdserver: root user does not have root role"],
  userAlreadyExists: ["FAILED_PRECONDITION", "etcdserver: user name already exists"],
  userEmpty: ["INVALID_ARGUMENT", "etcdserver: user name is empty"],
  userNotFound: ["FAILED_PRECONDITION", "etcdserver: user name not found"],
  roleAlreadyExists: ["FAILED_PRECONDITION", "etcdserver: role name already exists"],
  roleNotFound: ["FAILED_PRECONDITION", "etcdserver: role name not found"],
  roleEmpty: ["INVALID_ARGUMENT", "etcdserver: role name is empty"],
  authFailed: ["INVALID_ARGUMENT", "etcdserver: authentication failed, invalid user ID or password"],
  permissionNotGiven: ["INVALID_ARGUMENT", "etcdserver: permission not given"],
  permissionDenied: ["PERMISSION_DENIED", "etcdserver: permission denied"],
  roleNotGranted: ["FAILED_PRECONDITION", "etcdserver: role is not granted to the user"],
  permissionNotGranted: ["FAILED_PRECONDITION", "etcdserver: permission is not granted to the role"],
  authNotEnabled: ["FAILED_PRECONDITION", "etcdserver: authentication is not enabled"],
  invalidAuthToken: ["UNAUTHENTICATED", "etcdserver: invalid auth token"],
  authOldRevision: ["INVALID_ARGUMENT", "etcdserver: revision of auth store is old"],
  invalidAuthManagement: ["INVALID_ARGUMENT", "etcdserver: invalid auth management"],
  badLeaderTransferee: ["FAILED_PRECONDITION", "etcdserver: bad leader transferee"],
  stopped: ["UNAVAILABLE", "etcdserver: server stopped"],
  timeout: ["UNAVAILABLE", "etcdserver: request timed out"],
  watchCanceled: ["CANCELLED", "etcdserver: watch canceled"],
} as const satisfies Record<string, readonly [GrpcCode, string]>;

export type EtcdErrorName = keyof typeof table;

export function etcdError(name: EtcdErrorName): GrpcError {
  const [code, text] = table[name];
  return new GrpcError(code, text);
}

const ofStore: Readonly<Record<StoreErrorCode, EtcdErrorName>> = {
  compacted: "compacted",
  future: "future",
  tooLarge: "requestTooLarge",
  noSpace: "noSpace",
  leaseNotFound: "leaseNotFound",
  unavailable: "stopped",
  outcomeUnknown: "timeout",
};

/** A store's error in etcd's words; anything else is a bug of ours and stays what it is. */
export function toEtcdError(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  if (error.message === "etcdserver: too many requests") return etcdError("tooManyRequests");
  return etcdError(ofStore[error.code]);
}

/** The outcome, if it is of the expected kind; a refusal is thrown. */
export function expectOutcome<Type extends Outcome["type"]>(outcome: Outcome, type: Type): Extract<Outcome, { type: Type }> {
  if (outcome.type === "refused") throw etcdError(outcome.reason);
  if (outcome.type !== type) throw new Error(`a ${type} was expected, not ${outcome.type}`);
  return outcome as Extract<Outcome, { type: Type }>;
}
