// The door of api/kinds, and the list of kinds whose defaults, rules and columns are written.
// Invariant: one file a kind and one word in the list; a kind that is not here is served with a warning.
// Called by: api/index.ts.

import { deployment } from "./deployment.ts";
import { namespace } from "./namespace.ts";
import { pod } from "./pod.ts";
import { replicaSet } from "./replicaset.ts";
import type { KindRules } from "./rules.ts";

export { defaultPodSpec } from "./podspec/defaults.ts";
export { qosClass } from "./podspec/qos.ts";
export type { Column, DeleteRequest, KindRules, NameRule, Row, ScalePaths } from "./rules.ts";

export const kinds: readonly KindRules[] = [deployment, namespace, pod, replicaSet];

const byKind: ReadonlyMap<string, KindRules> = new Map(kinds.map((rules) => [`${rules.group}/${rules.kind}`, rules]));

/** Undefined: nobody has written this kind's rules yet. */
export function rulesFor(group: string, kind: string): KindRules | undefined {
  return byKind.get(`${group}/${kind}`);
}
