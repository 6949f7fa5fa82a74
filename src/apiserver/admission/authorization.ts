// The two checks of authorization that need the object itself: nobody grants rights they lack, no node touches what is not its own.
// Invariant: only validates; runs on the object as it will be stored.
// Called by: admission/step.ts. Next on the way: authz/escalation.ts, authz/nodeRestriction.ts.

import type { AuthorizerParts } from "../authz/authorizer.ts";
import { checkEscalation } from "../authz/escalation.ts";
import { checkNodeRestriction } from "../authz/nodeRestriction.ts";
import type { AdmissionStep } from "./step.ts";

export function rbacEscalation(parts: AuthorizerParts): AdmissionStep {
  return {
    name: "RBACEscalation",
    async validate({ operation, resource, object, old, user }) {
      if (operation === "DELETE" || resource.group !== "rbac.authorization.k8s.io" || !object) return;
      checkEscalation(parts, { user, object, old });
    },
  };
}

export const nodeRestriction: AdmissionStep = {
  name: "NodeRestriction",
  async validate({ user, operation, resource, subresource, namespace, name, object, old, reader }) {
    const write = { user, operation, group: resource.group, resource: resource.resource, subresource, namespace, name };
    await checkNodeRestriction(reader, { ...write, object, old });
  },
};
