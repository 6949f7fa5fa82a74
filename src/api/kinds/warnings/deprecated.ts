// What is out of date: labels of nodes, annotations, volumes of drivers that are gone; each with upstream's words for it.
// Invariant: tables only; a warning never refuses anything.
// Called by: podspec.ts, others.ts. Next on the way: podspec.ts.

import { own } from "#lib";
import type { NodeSelectorTerm } from "../../machinery/types.gen.ts";
import { isLabelValue } from "../../meta/names.ts";

const nodeLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

export const oldNodeLabel = (key: string): string | undefined => own(nodeLabels, key);

/** Of pods. */
export const oldPodAnnotations: readonly (readonly [key: string, text: string])[] = [
  ["scheduler.alpha.kubernetes.io/critical-pod", 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ["security.alpha.kubernetes.io/sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
  ["security.alpha.kubernetes.io/unsafe-sysctls", 'non-functional in v1.11+; use the "sysctls" field instead'],
];

export const oldVolumeAnnotations: readonly (readonly [key: string, text: string])[] = [
  ["volume.beta.kubernetes.io/storage-class", 'deprecated since v1.8; use "storageClassName" attribute instead'],
  ["volume.beta.kubernetes.io/mount-options", 'deprecated since v1.31; use "mountOptions" attribute instead'],
];

/** Sources of a pod's volumes, in upstream's order; persistent volumes know most of them, too. */
export const oldVolumeSources = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+", "storageOS"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
] as const;

export const oldPersistentSources = ["cephfs", "photonPersistentDisk", "scaleIO", "storageos", "glusterfs", "rbd"] as const;

/** `checkValues`: a preference with a value that no label can have is a mistake that validation lets pass. */
export function nodeSelectorTermWarnings(term: NodeSelectorTerm | undefined, checkValues: boolean, field: string): string[] {
  return (term?.matchExpressions ?? []).flatMap(({ key, values = [] }, i) => {
    const path = `${field}.matchExpressions[${i}]`;
    const text = oldNodeLabel(key);
    const old = text === undefined ? [] : [`${path}.key: ${key} is ${text}`];
    if (!checkValues) return old;
    const bad = values.flatMap((value, j) => isLabelValue(value).map((problem) => `${path}.values[${j}]: ${value} is invalid, ${problem}`));
    return [...old, ...bad];
  });
}
