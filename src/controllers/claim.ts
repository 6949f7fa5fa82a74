// Claiming: which objects a controller owns, which orphans it adopts, and which of its own it lets go.
// Invariant: an object with another controller is never touched; a controller that is being deleted adopts and releases nothing.
// Called by: replicaset, job, daemonset, statefulset (Pods), deployment (ReplicaSets). The writes name the object's uid, so that a namesake is never adopted.

import { type LabelSelector, type Selector, selectorFromLabelSelector } from "#api";
import { type AnyObject, controllerOf, controllerReference, type Lister, type Live } from "#client";
import { type Action, isNotFound, targetOf } from "./framework/plan.ts";

export interface Claim<Kind extends AnyObject> {
  readonly claimed: readonly Live<Kind>[];
  /** Adoptions (behind one live look at the owner) and releases. */
  readonly actions: readonly Action[];
}

export interface Owner {
  readonly resource: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly object: Live<AnyObject>;
  readonly selector: LabelSelector | undefined;
  /** Put on whom it adopts and taken off whom it lets go: a Job counts no Pod that could vanish uncounted. */
  readonly finalizer?: string;
}

export function claim<Kind extends AnyObject>(owner: Owner, resource: string, candidates: readonly Live<Kind>[]): Claim<Kind> {
  const selector = selectorFromLabelSelector(owner.selector);
  const claimed: Live<Kind>[] = [];
  const adoptions: Action[] = [];
  const releases: Action[] = [];
  const dying = owner.object.metadata.deletionTimestamp !== undefined;
  for (const candidate of candidates) {
    const matches = selector.matches(candidate.metadata.labels);
    const controller = controllerOf(candidate as unknown as AnyObject);
    if (controller) {
      if (controller.uid !== owner.object.metadata.uid) continue;
      if (matches) claimed.push(candidate);
      else if (!dying) {
        const without = owner.finalizer === undefined ? {} : { "$deleteFromPrimitiveList/finalizers": [owner.finalizer] };
        releases.push(patchOwners(resource, candidate, { $patch: "delete", uid: owner.object.metadata.uid }, without));
      }
      continue;
    }
    if (dying || !matches || candidate.metadata.deletionTimestamp !== undefined) continue;
    claimed.push(candidate);
    const reference = controllerReference(owner.object, owner.apiVersion, owner.kind);
    adoptions.push(patchOwners(resource, candidate, reference, owner.finalizer === undefined ? {} : { finalizers: [owner.finalizer] }));
  }
  // The cache may not know yet that the owner is being deleted: adopting then would steal from the garbage collector.
  if (adoptions.length > 0) adoptions.unshift({ verb: "confirm", resource: owner.resource, target: targetOf(owner.object) });
  return { claimed, actions: [...adoptions, ...releases] };
}

function patchOwners<Kind extends AnyObject>(resource: string, object: Live<Kind>, reference: object, more: object = {}): Action {
  const patch = { metadata: { ownerReferences: [reference], uid: object.metadata.uid, ...more } };
  return { verb: "patch", resource, target: targetOf(object as unknown as AnyObject), type: "strategic", patch, tolerates: isNotFound };
}

/** Owners of this kind that an object concerns: its controller if it has one, else whoever's selector it matches. */
export function concerned<Kind extends AnyObject & { spec?: { selector?: LabelSelector } }>(
  object: Live<AnyObject>,
  kind: string,
  owners: Pick<Lister<Kind>, "byIndex">,
): Live<Kind>[] {
  const controller = controllerOf(object);
  const { namespace = "" } = object.metadata;
  if (controller)
    return controller.kind === kind ? owners.byIndex("uid", controller.uid).filter((owner) => owner.metadata.namespace === namespace) : [];
  return owners.byIndex("namespace", namespace).filter((owner) => {
    const selector = selectorOf(owner);
    return selector !== undefined && !selector.empty && selector.matches(object.metadata.labels);
  });
}

/** One owner with a selector that cannot be read concerns nobody, and must not hide the others. */
function selectorOf(owner: Live<AnyObject>): Selector | undefined {
  try {
    return selectorFromLabelSelector((owner as { spec?: { selector?: LabelSelector } }).spec?.selector);
  } catch {
    return undefined;
  }
}
