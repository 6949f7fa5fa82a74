// Pod templates: when two are the same, and the hash that names a template's ReplicaSet.
// Invariant: the hash label itself never counts; equal templates give equal hashes in every process and version of ours.
// Called by: draft.ts. The hash has upstream's form (32 bits, FNV-1a, in the alphabet of generated names) but not its number.

import type { PodTemplateSpec } from "#api";

export const hashLabel = "pod-template-hash";

const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** JSON with sorted keys, without nulls and without the hash label. */
function canonical(template: PodTemplateSpec | undefined): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, part]) => part !== null && part !== undefined);
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => [key, sorted(part)]);
  };
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels: Object.keys(labels).length === 0 ? undefined : labels };
  return JSON.stringify(sorted({ ...template, metadata }));
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return canonical(a) === canonical(b);
}

/** Eight to ten characters; `collisionCount` makes another one when two templates meet. */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(canonical(template) + (collisionCount === undefined ? "" : `#${collisionCount}`))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return String(hash >>> 0)
    .padStart(8, "0")
    .replace(/./g, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]!);
}
