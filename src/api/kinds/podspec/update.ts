// What may still change in a pod: images, deadlines, more tolerations, fewer gates. Everything else was decided at birth.
// Invariant: a spec that differs in anything else is refused, in upstream's words, with the difference.
// Called by: pod.ts. Next on the way: validation.ts, which judges the new object first.

import { isDeepStrictEqual } from "node:util";
import { encodeJson } from "../../machinery/codec/index.ts";
import type { Container, Pod, PodSpec, Toleration } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { sameOnWire } from "../common.ts";
import { lineDiff } from "./linediff.ts";
import { validateTolerations } from "./scheduling.ts";
import { validatePod } from "./validation.ts";

const specType = "io.k8s.api.core.v1.PodSpec";
const changeable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

function sameToleration(a: Toleration, b: Toleration): boolean {
  const { tolerationSeconds: _a, ...restA } = a;
  const { tolerationSeconds: _b, ...restB } = b;
  return isDeepStrictEqual({ ...restA }, { ...restB });
}

function tolerationErrors(field: string, now: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  if (!old.every((one) => now.some((other) => sameToleration(one, other)))) {
    return [fieldError.forbidden(field, "existing toleration can not be modified except its tolerationSeconds")];
  }
  return validateTolerations(field, now);
}

function gateErrors(now: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  return (now.schedulingGates ?? []).flatMap(({ name }, i) => {
    if (before.has(name)) return [];
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [fieldError.forbidden(`spec.schedulingGates[${i}].name`, text)];
  });
}

/** Said again on an update, beside what validation says of the new object. */
function imageErrors(field: string, containers: readonly Container[]): FieldError[] {
  return containers.flatMap(({ image = "" }, i) => {
    if (image === "") return [fieldError.required(`${field}[${i}].image`)];
    return image === image.trim()
      ? []
      : [fieldError.invalid(`${field}[${i}].image`, image, "must not have leading or trailing whitespace")];
  });
}

function withImages(now: readonly Container[] | undefined, old: readonly Container[] | undefined): Container[] {
  return (now ?? []).map((container, i) => ({ ...container, image: old?.[i]?.image ?? "" }));
}

/** The new spec with everything that may change put back to what it was. */
function munged(now: PodSpec, old: PodSpec): PodSpec {
  const spec: PodSpec = { ...now, containers: withImages(now.containers, old.containers) };
  if (now.initContainers) spec.initContainers = withImages(now.initContainers, old.initContainers);
  for (const field of ["activeDeadlineSeconds", "schedulingGates", "tolerations"] as const) {
    if (old[field] === undefined) delete spec[field];
    else Object.assign(spec, { [field]: old[field] });
  }
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && now.terminationGracePeriodSeconds === 1) {
    spec.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds as number;
  }
  // A gated pod may still be told where to go.
  if (old.schedulingGates?.length) for (const field of ["nodeSelector", "affinity"] as const) Object.assign(spec, { [field]: old[field] });
  return spec;
}

function deadlineErrors(now: PodSpec, old: PodSpec): FieldError[] {
  const field = "spec.activeDeadlineSeconds";
  const before = old.activeDeadlineSeconds;
  const after = now.activeDeadlineSeconds;
  if (after === undefined)
    return before === undefined ? [] : [fieldError.invalid(field, null, "must not update from a positive integer to nil value")];
  return before !== undefined && before < after ? [fieldError.invalid(field, after, "must be less than or equal to previous value")] : [];
}

export function validatePodUpdate(pod: Pod, oldPod: Pod): FieldError[] {
  const now = pod.spec ?? { containers: [] };
  const old = oldPod.spec ?? { containers: [] };
  const errors = validatePod(pod);
  for (const list of ["containers", "initContainers"] as const) {
    if ((now[list]?.length ?? 0) !== (old[list]?.length ?? 0)) {
      return [...errors, fieldError.forbidden(`spec.${list}`, "pod updates may not add or remove containers")];
    }
    errors.push(...imageErrors(`spec.${list}`, now[list] ?? []));
  }
  errors.push(
    ...deadlineErrors(now, old),
    ...tolerationErrors("spec.tolerations", now.tolerations ?? [], old.tolerations ?? []),
    ...gateErrors(now, old),
  );
  if (sameOnWire(now, old, specType)) return errors;
  const spec = munged(now, old);
  if (sameOnWire(spec, old, specType)) return errors;
  const pretty = (of: PodSpec): string => JSON.stringify(JSON.parse(encodeJson(of, specType).toString()), null, 1);
  // Simplification: upstream's difference is of its internal form, whose field names are Go's.
  const text = `pod updates may not change fields other than ${changeable.join(",")}\n${lineDiff(pretty(old), pretty(spec))}`;
  return [...errors, fieldError.forbidden("spec", text)];
}
