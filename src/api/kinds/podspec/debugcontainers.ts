// Whether ephemeral containers can be made: as other containers, less everything that keeps a pod alive or serves others.
// Invariant: a name is unique over all containers of the pod; a target is a container that is not ephemeral itself.
// Called by: validation.ts. Next on the way: containers.ts, for what all containers share.

import type { Container, EphemeralContainer, PodSpec } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { type ContainerScope, validateCommon } from "./containers.ts";

const notForIt = "cannot be set for an Ephemeral Container";
/** In the order in which upstream finds them. */
const refused = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const satisfies readonly (keyof EphemeralContainer)[];

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== "object" || Array.isArray(value) || Object.keys(value).length > 0);

export function validateEphemeralContainers(field: string, spec: PodSpec, scope: ContainerScope): FieldError[] {
  if (!spec.ephemeralContainers?.length) return [];
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const all = new Set(others);
  return spec.ephemeralContainers.flatMap((container, i) => {
    const path = `${field}[${i}]`;
    const { name, targetContainerName: target, volumeMounts = [] } = container;
    const errors = validateCommon(path, container as Container, scope);
    if (all.has(name)) errors.push(fieldError.duplicate(`${path}.name`, name));
    all.add(name);
    if (target && !others.has(target)) errors.push(fieldError.notFound(`${path}.targetContainerName`, target));
    for (const one of refused) if (isSet(container[one])) errors.push(fieldError.forbidden(`${path}.${one}`, notForIt));
    for (const [j, mount] of volumeMounts.entries())
      for (const one of ["subPath", "subPathExpr"] as const)
        if (mount[one]) errors.push(fieldError.forbidden(`${path}.volumeMounts[${j}].${one}`, notForIt));
    return errors;
  });
}
