// The list of admission steps, in the order they run.
// Invariant: one step a file and one word here; LimitRanger, quotas and webhooks are not in it yet.
// Called by: apiserver/index.ts. Next on the way: step.ts.

import type { Prng } from "#lib";
import type { AuthorizerParts } from "../authz/authorizer.ts";
import { nodeRestriction, rbacEscalation } from "./authorization.ts";
import { defaultTolerations } from "./defaultTolerations.ts";
import { namespaceLifecycle } from "./namespaceLifecycle.ts";
import { priority } from "./priority.ts";
import { serviceAccount } from "./serviceAccount.ts";
import type { AdmissionStep } from "./step.ts";

export function admissionSteps({ prng, authorizer }: { readonly prng: Prng; readonly authorizer: AuthorizerParts }): AdmissionStep[] {
  return [namespaceLifecycle, serviceAccount(prng), defaultTolerations, priority, nodeRestriction, rbacEscalation(authorizer)];
}
