// Whether a Deployment's numbers, selector and template fit together.
// Invariant: errors come in upstream's order with upstream's texts.
// Called by: deployment.ts. Next on the way: podspec/validation.ts.

import type { Deployment } from "../machinery/types.gen.ts";
import type { FieldError } from "../meta/fielderrors.ts";

export function validateDeployment(_deployment: Deployment): FieldError[] {
  return [];
}

export function validateDeploymentUpdate(deployment: Deployment, _old: Deployment): FieldError[] {
  return validateDeployment(deployment);
}
