// What a control loop wants done, as data: the actions of one pass, and the sentence that says why.
// Invariant: a plan is made by a pure function of what was seen and the time; nothing in it does anything by itself.
// Called by: every controller's `plan`. Next on the way: act.ts, which carries actions out.

import type { ApiError, DeleteOptions, ObjectReference } from "#api";
import type { AnyObject, EventType, Live, New, PatchType } from "#client";

export interface EventText {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

/** Events that depend on how a write went; about the object given in `about`. */
export interface Telling {
  readonly about: AnyObject | ObjectReference;
  succeeded?(stored: Live<AnyObject> | undefined): EventText | undefined;
  failed?(error: ApiError): EventText | undefined;
}

interface Write {
  readonly resource: string;
  readonly tell?: Telling;
  /** Failures that are as good as success: NotFound for a delete, AlreadyExists for a create that somebody else did. */
  tolerates?(error: ApiError): boolean;
}

export interface CreateAction extends Write {
  readonly verb: "create";
  readonly object: New<AnyObject>;
}
export interface UpdateAction extends Write {
  readonly verb: "update";
  readonly object: Live<AnyObject>;
  /** `status`, or `finalize` of a namespace. */
  readonly subresource?: "status" | "finalize";
}
export interface PatchAction extends Write {
  readonly verb: "patch";
  readonly target: ObjectKey;
  readonly type: PatchType;
  readonly patch: unknown;
  readonly subresource?: "status";
}
export interface DeleteAction extends Write {
  readonly verb: "delete";
  readonly target: ObjectKey;
  readonly options?: DeleteOptions;
}
export interface DeleteCollectionAction extends Write {
  readonly verb: "deletecollection";
  readonly namespace: string;
  readonly options?: DeleteOptions;
}
/** A live read that stops the pass unless the object is still the one that we saw and is not being deleted. */
export interface ConfirmAction {
  readonly verb: "confirm";
  readonly resource: string;
  readonly target: ObjectKey;
}
/** Several actions at once: in batches of 1, 2, 4 … that stop at the first failing batch, or all together. */
export interface BatchAction {
  readonly verb: "batch";
  readonly slowStart: boolean;
  readonly actions: readonly Action[];
}
export interface EventAction extends EventText {
  readonly verb: "event";
  readonly about: AnyObject | ObjectReference;
}

export type Action =
  | CreateAction
  | UpdateAction
  | PatchAction
  | DeleteAction
  | DeleteCollectionAction
  | ConfirmAction
  | BatchAction
  | EventAction;

export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
}

export interface Plan {
  /** Carried out in order; the first failure ends them. */
  readonly actions: readonly Action[];
  /** Then these, which may depend on whether the actions failed: statuses, mostly. A failure still counts as one afterwards. */
  finish?(error: ApiError | undefined): readonly Action[];
  /** Why, in one sentence without names: "too few replicas: 1 of 3". */
  readonly decision: string;
  /** Looks again after this time even if nothing happens: a deadline, or a pod that becomes available by waiting. */
  readonly requeueAfterMs?: number;
}

export const isNotFound = (error: ApiError): boolean => error.code === 404;
export const isAlreadyExists = (error: ApiError): boolean => error.reason === "AlreadyExists";
/** Nothing can be created in a namespace that is going away: no reason to complain or to try again. */
export const isNamespaceTerminating = (error: ApiError): boolean =>
  error.status.details?.causes?.some((cause) => cause.reason === "NamespaceTerminating") === true;

export const nothing = (decision: string): Plan => ({ actions: [], decision });

export function targetOf(object: AnyObject): ObjectKey {
  const { namespace, name = "", uid } = object.metadata;
  return { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) };
}

/** One word and the object, for records and spans: `create pods default/web-1`. */
export function describe(action: Action): string {
  switch (action.verb) {
    case "create":
      return `create ${action.resource} ${action.object.metadata.namespace ?? ""}/${action.object.metadata.name ?? `${action.object.metadata.generateName}*`}`;
    case "update":
      return `update ${action.resource}${action.subresource ? `/${action.subresource}` : ""} ${action.object.metadata.namespace ?? ""}/${action.object.metadata.name}`;
    case "patch":
    case "delete":
    case "confirm":
      return `${action.verb} ${action.resource} ${action.target.namespace ?? ""}/${action.target.name}`;
    case "deletecollection":
      return `deletecollection ${action.resource} ${action.namespace}`;
    case "batch":
      return `batch of ${action.actions.length}: ${action.actions[0] ? describe(action.actions[0]) : "nothing"}`;
    case "event":
      return `event ${action.reason}`;
  }
}
