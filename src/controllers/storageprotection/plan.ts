// One decision for everything that is protected: who is not being deleted wears the finalizer, who is and has no user loses it.
// Invariant: pure; other finalizers are left as they are.
// Called by: index.ts, by way of the loop. Next on the way: framework/act.ts.

import type { PersistentVolumeClaim, Pod } from "#api";
import { type AnyObject, controllerOf, type Live } from "#client";
import { nothing, type Plan } from "../framework/plan.ts";

export interface SeenProtected {
  readonly saw: readonly Live<AnyObject>[];
  readonly resource: string;
  readonly finalizer: string;
  readonly object: Live<AnyObject>;
  /** Who uses it, in words. */
  readonly user?: string;
}

export function planProtection({ resource, finalizer, object, user }: SeenProtected): Plan {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const wears = finalizers.includes(finalizer);
  const write = (left: string[], decision: string): Plan => ({
    actions: [{ verb: "update", resource, object: { ...object, metadata: { ...object.metadata, finalizers: left } } }],
    decision,
  });
  if (deletionTimestamp === undefined) {
    return wears ? nothing("it is protected") : write([...finalizers, finalizer], "it was made without its protection");
  }
  if (!wears) return nothing("its protection has gone already");
  if (user !== undefined) return nothing(`it is kept: ${user} uses it`);
  return write(
    finalizers.filter((one) => one !== finalizer),
    "nobody uses it any more",
  );
}

/** A claim that is made for a pod's generic ephemeral volume has the pod's name and the volume's. */
function claimNames(pod: Live<Pod>): { name: string; ephemeral: boolean }[] {
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): { name: string; ephemeral: boolean }[] => {
    if (persistentVolumeClaim) return [{ name: persistentVolumeClaim.claimName, ephemeral: false }];
    return ephemeral ? [{ name: `${pod.metadata.name}-${name}`, ephemeral: true }] : [];
  });
}

export function claimKeysOf(pod: Live<Pod>): string[] {
  return claimNames(pod).map(({ name }) => `${pod.metadata.namespace}/${name}`);
}

/** Its node is done with it, or it was taken away by force. */
function isShutDown({ metadata }: Live<Pod>): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}

/** A pod without a node uses nothing yet: it will not be started with a claim that is going. */
export function usesClaim(pod: Live<Pod>, claim: Live<PersistentVolumeClaim>): boolean {
  if (!pod.spec?.nodeName || pod.metadata.namespace !== claim.metadata.namespace) return false;
  return claimNames(pod).some(({ name, ephemeral }) => {
    if (name !== claim.metadata.name) return false;
    return !ephemeral || (!isShutDown(pod) && controllerOf(claim as Live<AnyObject>)?.uid === pod.metadata.uid);
  });
}

export function classesOfClaim({ spec, status }: Live<PersistentVolumeClaim>): string[] {
  const named = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(named.filter((name) => name !== undefined && name !== ""))] as string[];
}
