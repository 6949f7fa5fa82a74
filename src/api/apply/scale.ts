// Owners seen through a Scale: who owns the number of copies, as if it were spec.replicas of the small object, and back again.
// Invariant: what upstream does, oddities included: an updater's entry, once seen through a Scale, comes back as an entry of its own
//   without a time, for its version is part of what tells owners apart.
// Called by: apiserver/registry/subresources/scale.ts. Next on the way: managers.ts.

import type { ManagedFieldsEntry } from "../machinery/types.gen.ts";
import { fieldElement } from "./element.ts";
import { FieldSet } from "./fieldset.ts";
import { decodeManagers, encodeManagers, identityText, type Managers, Owned } from "./managers.ts";

const scaleVersion = "autoscaling/v1";
/** The same in a Scale and in everything here that has one. */
const replicas = [fieldElement("spec"), fieldElement("replicas")];

type Entries = readonly ManagedFieldsEntry[] | undefined;

export function ownersOfScale(parents: Entries, apiVersion: string): ManagedFieldsEntry[] | undefined {
  const scale: Managers = new Map();
  for (const owned of (decodeManagers(parents) ?? new Map<string, Owned>()).values()) {
    if (owned.identity.apiVersion !== apiVersion || !owned.set.has(replicas)) continue;
    const identity = { ...owned.identity, apiVersion: scaleVersion };
    scale.set(identityText(identity), new Owned(identity, owned.time, FieldSet.of(replicas)));
  }
  return encodeManagers(scale);
}

export function ownersFromScale(parents: Entries, scale: Entries, apiVersion: string): ManagedFieldsEntry[] | undefined {
  const before = decodeManagers(parents) ?? new Map<string, Owned>();
  const left = decodeManagers(scale) ?? new Map<string, Owned>();
  const after: Managers = new Map();
  for (const [key, owned] of before) {
    if (owned.identity.apiVersion !== apiVersion) continue;
    if (!owned.set.has(replicas) || left.delete(key)) {
      after.set(key, owned);
      continue;
    }
    const rest = owned.set.difference(FieldSet.of(replicas));
    if (!rest.empty) after.set(key, owned.with(rest));
  }
  for (const [key, { identity, set }] of left) {
    if (set.has(replicas)) after.set(key, new Owned({ ...identity, apiVersion }, before.get(key)?.time, FieldSet.of(replicas)));
  }
  return encodeManagers(after);
}
