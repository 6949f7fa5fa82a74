// Storage in use is not taken away: claims that a pod mounts, volumes that a claim holds, classes that either of them names.
// Invariant: a finalizer goes only from what is being deleted and unused; before a claim's goes, the API server is asked, not the cache.
// Called by: ../index.ts, the list. Next on the way: plan.ts.

import type { PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttributesClass } from "#api";
import { type AnyObject, keyOf, type Live } from "#client";
import { type Controller, defineController, type World } from "../framework/define.ts";
import { claimKeysOf, classesOfClaim, planProtection, type SeenProtected, usesClaim } from "./plan.ts";

const claims = "persistentvolumeclaims";
const volumes = "persistentvolumes";
const classes = "volumeattributesclasses.storage.k8s.io";

function seen(resource: string, finalizer: string, object: Live<AnyObject>, user: string | undefined): SeenProtected {
  return { saw: [object], resource, finalizer, object, ...(user !== undefined && { user }) };
}

export const claimProtection: Controller = defineController<SeenProtected>({
  name: "persistentvolumeclaim-protection-controller",
  account: "pvc-protection-controller",
  watches: [
    { resource: claims, keys: (claim) => [keyOf(claim)] },
    {
      resource: "pods",
      keys: (pod) => claimKeysOf(pod as Live<Pod>),
      // What a pod mounts never changes; when it goes, or is no longer there, its claims may go, too.
      matters: ({ metadata: old }, { metadata }) =>
        old.uid !== metadata.uid ||
        old.deletionTimestamp !== metadata.deletionTimestamp ||
        old.deletionGracePeriodSeconds !== metadata.deletionGracePeriodSeconds,
    },
  ],
  async observe(key, world) {
    const claim = world.lister<PersistentVolumeClaim>(claims).get(key);
    if (!claim) return undefined;
    const user = claim.metadata.deletionTimestamp === undefined ? undefined : await userOf(claim, world);
    return seen(claims, "kubernetes.io/pvc-protection", claim as Live<AnyObject>, user);
  },
  plan: planProtection,
});

async function userOf(claim: Live<PersistentVolumeClaim>, world: World): Promise<string | undefined> {
  const { namespace = "" } = claim.metadata;
  const cached = world.lister<Pod>("pods").byIndex("namespace", namespace);
  const found = cached.find((pod) => usesClaim(pod, claim));
  if (found) return `pod ${found.metadata.name}`;
  // A pod that was made a moment ago may not have arrived in the cache.
  const { items } = await world.client.resource<Pod>("pods").list(namespace);
  const late = items.find((pod) => usesClaim(pod, claim));
  return late && `pod ${late.metadata.name}`;
}

export const volumeProtection: Controller = defineController<SeenProtected>({
  name: "persistentvolume-protection-controller",
  account: "pv-protection-controller",
  watches: [{ resource: volumes, keys: (volume) => [keyOf(volume)] }],
  observe(key, world) {
    const volume = world.lister<PersistentVolume>(volumes).get(key);
    if (!volume) return undefined;
    const { name = "", namespace = "" } = volume.spec?.claimRef ?? {};
    const user = volume.status?.phase === "Bound" ? `claim ${namespace}/${name}` : undefined;
    return seen(volumes, "kubernetes.io/pv-protection", volume as Live<AnyObject>, user);
  },
  plan: planProtection,
});

export const attributesClassProtection: Controller = defineController<SeenProtected>({
  name: "volumeattributesclass-protection-controller",
  watches: [
    { resource: classes, keys: (one) => [keyOf(one)] },
    { resource: claims, keys: (claim) => classesOfClaim(claim as Live<PersistentVolumeClaim>) },
    { resource: volumes, keys: (volume) => classOfVolume(volume as Live<PersistentVolume>) },
  ],
  observe(key, world) {
    const one = world.lister<VolumeAttributesClass>(classes).get(key);
    if (!one) return undefined;
    const claim = world
      .lister<PersistentVolumeClaim>(claims)
      .list()
      .find((claim) => classesOfClaim(claim).includes(key));
    const volume = world
      .lister<PersistentVolume>(volumes)
      .list()
      .find((volume) => classOfVolume(volume).includes(key));
    const user = claim ? `claim ${keyOf(claim)}` : volume && `volume ${volume.metadata.name}`;
    return seen(classes, "kubernetes.io/vac-protection", one as Live<AnyObject>, user);
  },
  plan: planProtection,
});

const classOfVolume = ({ spec }: Live<PersistentVolume>): string[] =>
  spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];
