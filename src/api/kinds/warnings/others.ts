// What is told about objects that are no pods and make none: fields nobody reads, names of the past.
// Invariant: pure; texts are upstream's.
// Called by: index.ts. Next on the way: index.ts.

import { own } from "#lib";
import type { ApiObject } from "../../machinery/object.ts";
import type {
  Endpoints,
  Ingress,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  RuntimeClass,
  Service,
} from "../../machinery/types.gen.ts";
import { as } from "../common.ts";
import { addressWarnings } from "./addresses.ts";
import { nodeSelectorTermWarnings, oldNodeLabel, oldPersistentSources, oldVolumeAnnotations, oldVolumeSources } from "./deprecated.ts";
import { claimSpecWarnings } from "./podspec.ts";

export function serviceWarnings(object: ApiObject): string[] {
  const { metadata, spec = {} } = as<Service>(object);
  const { type = "ClusterIP", clusterIP, clusterIPs = [], externalIPs = [], loadBalancerIP, sessionAffinity = "None" } = spec;
  const named = type === "ExternalName";
  const headless = !named && (clusterIP === "None" || clusterIPs.includes("None"));
  const external = externalIPs.length > 0;
  const says: readonly (readonly [boolean, string])[] = [
    [
      own(metadata?.annotations, "service.kubernetes.io/topology-aware-hints") !== undefined,
      "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead",
    ],
    [headless && !!loadBalancerIP, "spec.loadBalancerIP is ignored for headless services"],
    [headless && external, "spec.externalIPs is ignored for headless services"],
    [headless && sessionAffinity !== "None", "spec.SessionAffinity is ignored for headless services"],
  ];
  const later: readonly (readonly [boolean, string])[] = [
    [external && !headless && !named, "spec.externalIPs is deprecated and may no longer be implemented in some clusters"],
  ];
  const last: readonly (readonly [boolean, string])[] = [
    [named && external, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!named && !!spec.externalName, 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [spec.trafficDistribution === "PreferClose", 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
  ];
  const told = (rows: typeof says): string[] => rows.filter(([is]) => is).map(([, text]) => text);
  return [
    ...told(says),
    ...externalIPs.flatMap((ip, i) => addressWarnings(`spec.externalIPs[${i}]`, ip)),
    ...told(later),
    ...addressWarnings("spec.loadBalancerIP", loadBalancerIP),
    ...told(last),
  ];
}

export function endpointsWarnings(object: ApiObject): string[] {
  if (own(object.metadata.labels, "endpoints.kubernetes.io/managed-by") === "endpoint-controller") return [];
  return (as<Endpoints>(object).subsets ?? []).flatMap((subset, i) =>
    (["addresses", "notReadyAddresses"] as const).flatMap((list) =>
      (subset[list] ?? []).flatMap(({ ip }, j) => addressWarnings(`subsets[${i}].${list}[${j}].ip`, ip)),
    ),
  );
}

export function nodeWarnings(object: ApiObject): string[] {
  const { spec } = as<Node>(object);
  return [
    ...(spec?.configSource ? ["spec.configSource: the feature is removed"] : []),
    ...(spec?.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
  ];
}

export function volumeWarnings(object: ApiObject): string[] {
  const { metadata, spec } = as<PersistentVolume>(object);
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const recycle =
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";
  const sources = oldPersistentSources.flatMap((name) => {
    const known = oldVolumeSources.find(([one]) => one === name);
    return spec?.[name] && known ? [`spec.${known[2] ?? name}: ${known[1]}`] : [];
  });
  return [
    ...oldVolumeAnnotations.flatMap(([key, text]) =>
      own(metadata?.annotations, key) === undefined ? [] : [`metadata.annotations[${key}]: ${text}`],
    ),
    ...(spec?.persistentVolumeReclaimPolicy === "Recycle" ? [recycle] : []),
    ...terms.flatMap((term, i) => nodeSelectorTermWarnings(term, false, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`)),
    ...sources,
  ];
}

export function claimWarnings(object: ApiObject): string[] {
  const { metadata, spec } = as<PersistentVolumeClaim>(object);
  const [[key, text]] = oldVolumeAnnotations as [readonly [string, string]];
  const old = own(metadata?.annotations, key) === undefined ? [] : [`metadata.annotations[${key}]: ${text}`];
  return [...old, ...claimSpecWarnings("spec", spec)];
}

export function ingressWarnings(object: ApiObject): string[] {
  const key = "kubernetes.io/ingress.class";
  const { metadata, spec } = as<Ingress>(object);
  if (own(metadata?.annotations, key) === undefined || spec?.ingressClassName !== undefined) return [];
  return [`annotation ${JSON.stringify(key)} is deprecated, please use 'spec.ingressClassName' instead`];
}

export function runtimeClassWarnings(object: ApiObject): string[] {
  return Object.keys(as<RuntimeClass>(object).scheduling?.nodeSelector ?? {})
    .sort()
    .flatMap((key) => {
      const text = oldNodeLabel(key);
      return text === undefined ? [] : [`scheduling.nodeSelector: ${text}`];
    });
}
