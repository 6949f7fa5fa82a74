// What is told about a pod, or a template of pods, that is accepted: fields that do nothing, definitions that hide each other.
// Invariant: pure, in upstream's order; maps are walked in byte order (upstream's order is Go's: by chance).
// Called by: index.ts. Next on the way: containers.ts, paths.ts, deprecated.ts, addresses.ts.

import { own } from "#lib";
import type { ObjectMeta, PersistentVolumeClaimSpec, PodAffinityTerm, PodSpec, PodTemplateSpec } from "../../machinery/types.gen.ts";
import { addressWarnings } from "./addresses.ts";
import { containerWarnings, fractionWarning } from "./containers.ts";
import { nodeSelectorTermWarnings, oldNodeLabel, oldPodAnnotations, oldVolumeSources } from "./deprecated.ts";
import { pathWarnings } from "./paths.ts";

const noSelector = "a null labelSelector results in matching no pod";

export function claimSpecWarnings(field: string, spec: PersistentVolumeClaimSpec | undefined): string[] {
  return (["requests", "limits"] as const).flatMap((list) =>
    fractionWarning(`${field}.resources.${list}[storage]`, own(spec?.resources?.[list], "storage")),
  );
}

function placement(spec: PodSpec, field: string): string[] {
  if (!spec.affinity && !spec.nodeSelector && !spec.topologySpreadConstraints) return [];
  const { nodeAffinity } = spec.affinity ?? {};
  const affinity = `${field}.affinity.nodeAffinity`;
  const selected = Object.keys(spec.nodeSelector ?? {})
    .sort()
    .flatMap((key) => {
      const text = oldNodeLabel(key);
      return text === undefined ? [] : [`${field}.nodeSelector[${key}]: ${text}`];
    });
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const terms = [
    ...required.flatMap((term, i) =>
      nodeSelectorTermWarnings(term, false, `${affinity}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      nodeSelectorTermWarnings(preference, true, `${affinity}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`),
    ),
  ];
  const spread = (spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, i) => {
    const path = `${field}.topologySpreadConstraints[${i}]`;
    const text = oldNodeLabel(topologyKey);
    const old = text === undefined ? [] : [`${path}.topologyKey: ${topologyKey} is ${text}`];
    return labelSelector ? old : [...old, `${path}.labelSelector: ${noSelector}`];
  });
  return [...selected, ...terms, ...spread];
}

function volumes(spec: PodSpec, field: string): string[] {
  return (spec.volumes ?? []).flatMap((volume, i) => {
    const path = `${field}.volumes[${i}]`;
    const old: string[] = [];
    for (const [name, text, shown = name] of oldVolumeSources) if (volume[name]) old.push(`${path}.${shown}: ${text}`);
    if (!volume.ephemeral) return old;
    const claim = claimSpecWarnings(`${path}.ephemeral.volumeClaimTemplate.spec`, volume.ephemeral.volumeClaimTemplate?.spec);
    return [...old, ...claim];
  });
}

/** Said of every one that was there before. */
function duplicates<Item>(field: string, given: readonly Item[] | undefined, name: string, of: (item: Item) => string): string[] {
  const seen = new Set<string>();
  return (given ?? []).flatMap((item, i) => {
    const value = of(item);
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [`${field}[${i}].${name}: duplicate ${name} ${JSON.stringify(value)}`];
  });
}

function references(spec: PodSpec, field: string): string[] {
  const secrets = spec.imagePullSecrets ?? [];
  if (secrets.length === 0 && !spec.hostAliases && !spec.overhead) return [];
  return [
    ...duplicates(`${field}.hostAliases`, spec.hostAliases, "ip", ({ ip }) => ip),
    ...duplicates(`${field}.imagePullSecrets`, secrets, "name", ({ name = "" }) => name),
    ...secrets.flatMap(({ name = "" }, i) => (name === "" ? [`${field}.imagePullSecrets[${i}].name: invalid empty name ""`] : [])),
    ...["memory", "ephemeral-storage"].flatMap((name) => fractionWarning(`${field}.overhead[${name}]`, own(spec.overhead, name))),
  ];
}

function podAffinity(spec: PodSpec, field: string): string[] {
  if (!spec.affinity) return [];
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((kind) => {
    const affinity = spec.affinity?.[kind];
    const path = `${field}.affinity.${kind}`;
    const missing = (term: PodAffinityTerm | undefined, at: string): string[] =>
      term?.labelSelector ? [] : [`${at}.labelSelector: ${noSelector}`];
    return [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, i) =>
        missing(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`),
      ),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, i) =>
        missing(podAffinityTerm, `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`),
      ),
    ];
  });
}

/** `prefix`: where the template stands, with its dot; empty for a pod. */
export function podWarnings(spec: PodSpec, meta: ObjectMeta, prefix: string): string[] {
  const field = `${prefix}spec`;
  const annotation = (key: string, text: string): string[] =>
    own(meta.annotations, key) === undefined ? [] : [`${prefix}metadata.annotations[${key}]: ${text}`];
  const seccomp = spec.securityContext?.seccompProfile
    ? []
    : annotation("seccomp.security.alpha.kubernetes.io/pod", 'non-functional in v1.27+; use the "seccompProfile" field instead');
  const grace = (spec.terminationGracePeriodSeconds ?? 0) < 0;
  return [
    ...placement(spec, field),
    ...(meta.annotations ? oldPodAnnotations.flatMap(([key, text]) => annotation(key, text)) : []),
    ...volumes(spec, field),
    ...pathWarnings(spec.volumes ?? []),
    ...references(spec, field),
    ...seccomp,
    ...containerWarnings(spec, meta, prefix),
    ...(grace ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`] : []),
    ...podAffinity(spec, field),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((one, i) => addressWarnings(`${field}.dnsConfig.nameservers[${i}]`, one)),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => addressWarnings(`${field}.hostAliases[${i}].ip`, ip)),
  ];
}

export function templateWarnings(template: PodTemplateSpec | undefined, field: string): string[] {
  return template?.spec ? podWarnings(template.spec, template.metadata ?? {}, `${field}.`) : [];
}
