// pods/ephemeralcontainers: a container for a look inside, added to a pod that lives, and never taken away again.
// Invariant: nothing else of the pod changes; one that is there stays as it is.
// Called by: pod.ts. Next on the way: debugcontainers.ts judges each; the kubelet starts each of them once.

import type { ApiObject } from "../../machinery/object.ts";
import type { Pod } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { as, bumpGeneration, keep, keepMetadata, sameOnWire } from "../common.ts";
import type { SubresourceRules } from "../rules.ts";
import { lineDiff } from "./linediff.ts";
import { isMirror, validatePod } from "./validation.ts";

const containerType = "io.k8s.api.core.v1.EphemeralContainer";
const specType = "io.k8s.api.core.v1.PodSpec";
function prepareForUpdate(object: ApiObject, old: ApiObject): void {
  const pod = as<Pod>(object);
  const { ephemeralContainers } = pod.spec ?? {};
  keep(object, old, "spec");
  keep(object, old, "status");
  keepMetadata(object, old);
  const { ephemeralContainers: _, ...spec } = pod.spec ?? { containers: [] };
  pod.spec = ephemeralContainers === undefined ? spec : { ...spec, ephemeralContainers };
  bumpGeneration(object, old, !sameOnWire(pod.spec, as<Pod>(old).spec, specType));
}

function validateUpdate(object: ApiObject, before: ApiObject): FieldError[] {
  const [pod, old] = [as<Pod>(object), as<Pod>(before)];
  if (isMirror(old)) return [fieldError.forbidden("", "static pods do not support ephemeral containers")];
  const field = "spec.ephemeralContainers";
  const now = new Map((pod.spec?.ephemeralContainers ?? []).map((one) => [one.name, one]));
  const errors = validatePod(pod);
  for (const one of old.spec?.ephemeralContainers ?? []) {
    const left = now.get(one.name);
    const quoted = JSON.stringify(one.name);
    if (!left) errors.push(fieldError.forbidden(field, `existing ephemeral containers ${quoted} may not be removed\n`));
    else if (!sameOnWire(left, one, containerType)) {
      const pretty = (of: object): string => JSON.stringify(of, null, 1);
      // Simplification: upstream's difference is of its internal form, whose field names are Go's.
      errors.push(
        fieldError.forbidden(field, `existing ephemeral containers ${quoted} may not be changed\n${lineDiff(pretty(one), pretty(left))}`),
      );
    }
  }
  return errors;
}

export const ephemeralContainers: SubresourceRules = { prepareForUpdate, validateUpdate };
