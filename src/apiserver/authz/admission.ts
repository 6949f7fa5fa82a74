// The admission steps that guard rights: what nodes may write, and that nobody grants more than they hold.
// Invariant: the node's step looks at the write before defaults of others can blur it; the RBAC step sees the object as it would be stored.
// Called by: admission/index.ts, which lists all steps.   Next on the way: nodeRestriction.ts, escalation.ts.

import { isDeepStrictEqual } from "node:util";
import type { ApiObject } from "#api";
import type { AdmissionStep } from "../admission/step.ts";
import type { Security } from "./security.ts";

type Checks = Pick<Security, "checkEscalation" | "checkNodeRestriction">;

export function nodeRestriction({ checkNodeRestriction }: Checks): AdmissionStep {
  return {
    name: "NodeRestriction",
    mutate: ({ resource, ...request }) => checkNodeRestriction({ ...request, group: resource.group, resource: resource.resource }),
  };
}

export function escalation({ checkEscalation }: Checks): AdmissionStep {
  return {
    name: "RBACEscalation",
    async validate({ operation, resource, user, object, old }) {
      if (operation === "DELETE" || resource.group !== "rbac.authorization.k8s.io" || !object) return;
      // Garbage collection may finish its work on a role that it could not grant.
      if (old && onlyCollects(object, old)) return;
      checkEscalation({ user, object, old });
    },
  };
}

/** Labels count as a change: they decide into which roles this one is aggregated. */
function onlyCollects(object: ApiObject, old: ApiObject): boolean {
  const { ownerReferences, finalizers, managedFields, resourceVersion } = old.metadata;
  const restored = { ...object, metadata: { ...object.metadata, ownerReferences, finalizers, managedFields, resourceVersion } };
  return isDeepStrictEqual(JSON.parse(JSON.stringify(restored)), JSON.parse(JSON.stringify(old)));
}
