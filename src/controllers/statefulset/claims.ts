// The volume claims of a StatefulSet's Pods: made before the Pod, kept when it goes, owned as the retention policy says.
// Invariant: a claim is never deleted here: an owner reference hands it to the garbage collector, or nothing does.
// Called by: plan.ts. Next on the way: the garbage collector.

import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from "#api";
import { type AnyObject, controllerReference, type Live, type New } from "#client";
import { type Action, isAlreadyExists, type Telling } from "../framework/plan.ts";
import { claimName, inRange, ordinalOf, podName } from "./identity.ts";

export type Claims = ReadonlyMap<string, Live<PersistentVolumeClaim>>;

const resource = "persistentvolumeclaims";

export function claimNames(set: Live<StatefulSet>, ordinal: number): string[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => claimName(set, template, ordinal));
}

export function createMissingClaims(set: Live<StatefulSet>, ordinal: number, claims: Claims): Action[] {
  const templates = set.spec?.volumeClaimTemplates ?? [];
  return templates
    .filter((template) => !claims.has(claimName(set, template, ordinal)))
    .map((template) => {
      const name = claimName(set, template, ordinal);
      const { status: _, ...rest } = template;
      const labels = { ...template.metadata?.labels, ...set.spec?.selector?.matchLabels };
      const { namespace } = set.metadata;
      const references = referencesFor(set, ordinal, undefined);
      const object = {
        ...rest,
        metadata: {
          ...template.metadata,
          name,
          ...(namespace === undefined ? {} : { namespace }),
          labels,
          ...(references.length > 0 ? { ownerReferences: references } : {}),
        },
      } as New<AnyObject>;
      return { verb: "create", resource, object, tolerates: isAlreadyExists, tell: tell(set, name, podName(set, ordinal)) };
    });
}

function tell(set: Live<StatefulSet>, claim: string, pod: string): Telling {
  const which = `Create Claim ${claim}`;
  const where = `Pod ${pod} in StatefulSet ${set.metadata.name}`;
  return {
    about: set,
    succeeded: () => ({ type: "Normal", reason: "SuccessfulCreate", message: `${which} ${where} success` }),
    failed: (error) => ({ type: "Warning", reason: "FailedCreate", message: `${which} for ${where} failed error: ${error.message}` }),
  };
}

/** A claim that belongs to an earlier Pod of the same name is about to go: the new Pod must not get it. */
export function hasStaleClaim(set: Live<StatefulSet>, ordinal: number, claims: Claims): boolean {
  const name = podName(set, ordinal);
  return claimNames(set, ordinal).some((claim) =>
    claims.get(claim)?.metadata.ownerReferences?.some((one) => one.kind === "Pod" && one.name === name),
  );
}

/** Who the claim's owners are to be: the set while its Pod is wanted, the Pod once it is too much. */
function referencesFor(set: Live<StatefulSet>, ordinal: number, pod: Live<Pod> | undefined): OwnerReference[] {
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const wanted = inRange(set, ordinal);
  const bySet = whenDeleted === "Delete" && (wanted || whenScaled !== "Delete");
  const byPod = whenScaled === "Delete" && !wanted && pod !== undefined;
  return [
    ...(bySet ? [controllerReference(set, "apps/v1", "StatefulSet")] : []),
    ...(byPod ? [controllerReference(pod as Live<AnyObject>, "v1", "Pod")] : []),
  ];
}

/** Brings the claims' owners into line with the policy; what others own, or namesakes of ours owned, is left alone. */
export function fixOwners(set: Live<StatefulSet>, pod: Live<Pod>, claims: Claims): Action[] {
  const ordinal = ordinalOf(set, pod) ?? 0;
  const ours = (one: OwnerReference): boolean =>
    (one.kind === "StatefulSet" && one.name === set.metadata.name) || (one.kind === "Pod" && one.name === pod.metadata.name);
  const wanted = referencesFor(set, ordinal, pod);
  return claimNames(set, ordinal).flatMap((name): Action[] => {
    const claim = claims.get(name);
    if (!claim) return [];
    const references = claim.metadata.ownerReferences ?? [];
    const mine = references.filter(ours);
    const others = references.filter((one) => !ours(one));
    const stale = mine.some((one) => one.uid !== set.metadata.uid && one.uid !== pod.metadata.uid);
    const foreign = others.some((one) => one.controller === true);
    const goal = foreign ? [] : wanted;
    const same = mine.length === goal.length && goal.every((one) => mine.some((each) => each.uid === one.uid && each.controller === true));
    if (stale || same) return [];
    const object = { ...claim, metadata: { ...claim.metadata, ownerReferences: [...others, ...goal] } };
    return [{ verb: "update", resource, object: object as unknown as Live<AnyObject> }];
  });
}
