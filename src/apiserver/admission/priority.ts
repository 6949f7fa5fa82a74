// A pod's priority is a number that its class stands for.
// Invariant: the number is computed here and nowhere else; a pod cannot bring its own.
// Called by: admission/step.ts. Next on the way: authorization.ts.

import { ApiError, type ApiObject, type Pod, type PriorityClass } from "#api";
import type { AdmissionRequest, AdmissionStep } from "./step.ts";

const group = "scheduling.k8s.io";

export const priority: AdmissionStep = {
  name: "Priority",
  kinds: ["Pod"],
  async mutate(request) {
    const { operation, resource, subresource, object } = request;
    if (operation !== "CREATE" || resource.group !== "" || resource.kind !== "Pod" || subresource !== "" || !object) return;
    const { spec } = object as unknown as Pod;
    if (!spec) return;
    const found = await classOf(request, object, spec.priorityClassName ?? "");
    const value = found?.value ?? 0;
    const policy = found?.preemptionPolicy ?? "PreemptLowerPriority";
    if (found) spec.priorityClassName = found.metadata!.name!;
    const computed = "priority admission controller computed";
    if (spec.priority !== undefined && spec.priority !== null && spec.priority !== value)
      throw refuse(
        object,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; ${computed} ${value} from the given PriorityClass name`,
      );
    if (spec.preemptionPolicy && spec.preemptionPolicy !== policy)
      throw refuse(
        object,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; ${computed} ${policy} from the given PriorityClass name`,
      );
    spec.priority = value;
    spec.preemptionPolicy = policy;
  },
};

function refuse(object: ApiObject, text: string): ApiError {
  return ApiError.forbidden({ group: "", resource: "pods" }, object.metadata.name ?? object.metadata.generateName ?? "", text);
}

async function classOf({ reader }: AdmissionRequest, object: ApiObject, name: string): Promise<PriorityClass | undefined> {
  if (name === "") {
    const classes = (await reader.list(group, "priorityclasses")) as unknown as PriorityClass[];
    return classes.filter((one) => one.globalDefault).sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
  }
  const found = await reader.get(group, "priorityclasses", "", name);
  if (!found) throw refuse(object, `no PriorityClass with name ${name} was found`);
  return found as unknown as PriorityClass;
}
