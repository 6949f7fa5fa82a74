// pods/resize: other amounts of processor and memory for containers that may be running already.
// Invariant: containers keep their names, order and everything else; an amount can change, not go; the pod's quality of service stays.
// Called by: pod.ts. Next on the way: the kubelet, if it said (in a container's status) that it can; else nobody gets this far.

import type { ApiObject } from "../../machinery/object.ts";
import type { Container, Pod, ResourceRequirements } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { as, bumpGeneration, keep, keepMetadata, sameOnWire } from "../common.ts";
import type { SubresourceRules } from "../rules.ts";
import { qosClass } from "./qos.ts";
import { isMirror, validatePod } from "./validation.ts";

type Amounts = Record<string, string>;

const specType = "io.k8s.api.core.v1.PodSpec";
const containerType = "io.k8s.api.core.v1.Container";
const lists = ["containers", "initContainers"] as const;

/** What is asked for, on top of what is there; containers that do not correspond are left for validation to refuse. */
function resized(now: readonly Container[], old: readonly Container[]): readonly Container[] {
  if (now.some(({ name }, i) => name !== old[i]?.name)) return now;
  return old.map((container, i) => {
    const { resources: _, resizePolicy: __, ...rest } = container;
    const { resources, resizePolicy } = now[i]!;
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

function prepareForUpdate(object: ApiObject, old: ApiObject): void {
  const [pod, before] = [as<Pod>(object), as<Pod>(old)];
  const given = pod.spec ?? { containers: [] };
  const same = lists.every((list) => (given[list]?.length ?? 0) === (before.spec?.[list]?.length ?? 0));
  // Else it stays as it was given, for validation to refuse.
  if (same) {
    keep(object, old, "spec");
    pod.spec = { ...pod.spec!, ...(given.resources && { resources: given.resources }) };
    for (const list of lists) if (given[list]) pod.spec[list] = [...resized(given[list], before.spec?.[list] ?? [])];
    keep(object, old, "status");
    keepMetadata(object, old);
  }
  bumpGeneration(object, old, !sameOnWire(pod.spec, before.spec, specType));
}

/** Whether the node has told what its containers have: only then it knows how to change it. */
function isSupported({ status }: Pod): boolean {
  const running = (status?.containerStatuses ?? []).find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function orderErrors(pod: Pod, old: Pod): FieldError[] {
  return lists.flatMap((list) => {
    const [now = [], before = []] = [pod.spec?.[list], old.spec?.[list]];
    if (now.length !== before.length) return [fieldError.forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)];
    return before.flatMap(({ name }, i) =>
      now[i]!.name === name ? [] : [fieldError.forbidden(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`)],
    );
  });
}

const lost = (now: Amounts = {}, old: Amounts = {}): boolean => Object.keys(old).some((name) => !Object.hasOwn(now, name));

function removalErrors(field: string, now: ResourceRequirements = {}, old: ResourceRequirements = {}): FieldError[] {
  return (["requests", "limits"] as const).flatMap((what) =>
    lost(now[what], old[what]) ? [fieldError.forbidden(`${field}.${what}`, `resource ${what} cannot be removed`)] : [],
  );
}

/** The new amounts with those of processor and memory put back. */
function putBack(now: Amounts = {}, old: Amounts = {}): Amounts {
  const { cpu: _, memory: __, ...rest } = now;
  const kept = Object.entries(old).filter(([name]) => name === "cpu" || name === "memory");
  return { ...rest, ...Object.fromEntries(kept) };
}

function onlyComputeChanged(now: Container, old: Container): boolean {
  const { resources = {} } = now;
  const before = old.resources ?? {};
  const limits = putBack(resources.limits, before.limits);
  const requests = putBack(resources.requests, before.requests);
  return sameOnWire(
    { ...now, resources: { limits, requests } },
    { ...old, resources: { limits: {}, requests: {}, ...before } },
    containerType,
  );
}

function mutabilityErrors(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, container] of (old.spec?.containers ?? []).entries())
    if (!onlyComputeChanged(pod.spec!.containers[i]!, container))
      errors.push(fieldError.forbidden("spec", "only cpu and memory resources are mutable"));
  for (const [i, container] of (old.spec?.initContainers ?? []).entries()) {
    const field = `spec.initContainers[${i}]`;
    const now = pod.spec!.initContainers![i]!;
    if (!onlyComputeChanged(now, container))
      errors.push(fieldError.forbidden(field, "only cpu and memory resources for init or sidecar containers are mutable"));
    if (now.restartPolicy === "Always" || sameOnWire(now, container, containerType)) continue;
    for (const { restartPolicy } of now.resizePolicy ?? [])
      if (restartPolicy === "RestartContainer")
        errors.push(fieldError.forbidden(field, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"));
  }
  return errors;
}

function validateUpdate(object: ApiObject, before: ApiObject): FieldError[] {
  const [pod, old] = [as<Pod>(object), as<Pod>(before)];
  if (isMirror(old)) return [fieldError.forbidden("", "static pods cannot be resized")];
  const errors = validatePod(pod);
  const spec = pod.spec ?? { containers: [] };
  if ((old.status?.qosClass ?? qosClass(old.spec ?? { containers: [] })) !== qosClass(spec))
    errors.push(fieldError.invalid("spec", pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"));
  if (!isSupported(old)) errors.push(fieldError.forbidden("spec", "Pod running on node without support for resize"));
  const order = orderErrors(pod, old);
  if (order.length > 0) return [...errors, ...order];
  for (const list of ["initContainers", "containers"] as const)
    for (const [i, { resources }] of (old.spec?.[list] ?? []).entries())
      errors.push(...removalErrors(`spec.${list}[${i}].resources`, spec[list]![i]!.resources, resources));
  // Simplification: amounts of the whole pod stay as they are; upstream resizes those as well.
  if (!sameOnWire(spec.resources, old.spec?.resources, "io.k8s.api.core.v1.ResourceRequirements"))
    errors.push(fieldError.forbidden("spec.resources", "resizing the resources of a whole pod is not supported yet"));
  return [...errors, ...mutabilityErrors(pod, old)];
}

export const resize: SubresourceRules = { prepareForUpdate, validateUpdate };
