// Pod templates: when two are the same, and the hash that names a template's ReplicaSet.
// Invariant: the hash label itself never counts; equal templates give equal hashes in every process and version of ours.
// Called by: draft.ts. The hash has upstream's form (32 bits, FNV-1a, in the alphabet of generated names) but not its number.

import type { PodTemplateSpec } from "#api";

export const hashLabel = "pod-template-hash";

const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** JSON with sorted keys and without nulls: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  const sorted = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(sorted);
    if (typeof part !== "object" || part === null) return part;
    const entries = Object.entries(part).filter(([, inner]) => inner !== null && inner !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
  };
  return JSON.stringify(sorted(value));
}

/** Without the hash label. */
function canonical(template: PodTemplateSpec | undefined): string {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels: Object.keys(labels).length === 0 ? undefined : labels };
  return canonicalJson({ ...template, metadata });
}

export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return canonical(a) === canonical(b);
}

/** Eight to ten characters; `collisionCount` makes another one when two templates meet. */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  return textHash(canonical(template), collisionCount);
}

export function textHash(text: string, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text + (collisionCount === undefined ? "" : `#${collisionCount}`))) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return String(hash >>> 0)
    .padStart(8, "0")
    .replace(/./g, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]!);
}
