// Who a StatefulSet's Pods are: names by ordinal, the template of a revision, and a volume claim of their own.
// Invariant: the same ordinal gets the same name and the same claims, however often its Pod is replaced.
// Called by: plan.ts, claims.ts. Next on the way: claims.ts.

import type { ControllerRevision, PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet, Volume } from "#api";
import type { Live, New } from "#client";
import { podFromTemplate, type PodOwner } from "../podcontrol.ts";
import { revisionLabel } from "../revisions.ts";

export const nameLabel = "statefulset.kubernetes.io/pod-name";
const indexLabel = "apps.kubernetes.io/pod-index";

export const startOrdinal = (set: Live<StatefulSet>): number => set.spec?.ordinals?.start ?? 0;
export const podName = (set: Live<StatefulSet>, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

/** The ordinal, if the Pod's name makes it a member of the set. */
export function ordinalOf(set: Live<StatefulSet>, pod: Live<Pod>): number | undefined {
  const [, parent, digits] = /^(.*)-(\d+)$/.exec(pod.metadata.name) ?? [];
  return parent === set.metadata.name && digits !== undefined ? Number(digits) : undefined;
}

export function inRange(set: Live<StatefulSet>, ordinal: number): boolean {
  const start = startOrdinal(set);
  return ordinal >= start && ordinal < start + (set.spec?.replicas ?? 1);
}

/** A revision that has yet to be written is known by its name and the set's own template. */
export interface Revision {
  readonly name: string;
  readonly template: PodTemplateSpec | undefined;
}

export function revisionOf(stored: Live<ControllerRevision>): Revision {
  const { template } = (stored.data as unknown as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec;
  const { $patch: _, ...rest } = template;
  return { name: stored.metadata.name, template: rest };
}

export function claimName(set: Live<StatefulSet>, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata?.name}-${podName(set, ordinal)}`;
}

export function newPod(owner: PodOwner, set: Live<StatefulSet>, revision: Revision, ordinal: number): New<Pod> {
  const { template } = revision;
  const name = podName(set, ordinal);
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const volumes: Volume[] = claims.map((claim) => ({
    name: claim.metadata?.name ?? "",
    persistentVolumeClaim: { claimName: claimName(set, claim, ordinal) },
  }));
  const named = new Set(volumes.map((volume) => volume.name));
  volumes.push(...(template?.spec?.volumes ?? []).filter((volume) => !named.has(volume.name)));
  const labels = { ...template?.metadata?.labels, [nameLabel]: name, [indexLabel]: String(ordinal), [revisionLabel]: revision.name };
  const { serviceName } = set.spec ?? {};
  const spec = {
    ...(template?.spec ?? { containers: [] }),
    hostname: name,
    ...(serviceName ? { subdomain: serviceName } : {}),
    ...(volumes.length > 0 ? { volumes } : {}),
  };
  const generateName = `${set.metadata.name}-`;
  const made = podFromTemplate(owner, { ...template, spec }, { name, labels });
  return { ...made, metadata: { ...made.metadata, generateName } };
}
