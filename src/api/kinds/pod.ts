// Pods: their own defaults, the status they start with, what may change later, how long they may take to go.
// Invariant: a created pod is Pending, of generation 1, with its quality of service; its spec hardly changes afterwards.
// Called by: kinds/index.ts. Next on the way: podspec/validation.ts, podspec/update.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { Container, Pod, PodStatus } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { as, bumpGeneration, keep, sameOnWire } from "./common.ts";
import { podColumns, podRow } from "./podprinting.ts";
import { defaultPodSpec } from "./podspec/defaults.ts";
import { ephemeralContainers } from "./podspec/ephemeral.ts";
import { qosClass } from "./podspec/qos.ts";
import { resize } from "./podspec/resize.ts";
import { validatePodUpdate } from "./podspec/update.ts";
import { validatePod } from "./podspec/validation.ts";
import type { DeleteRequest, KindRules } from "./rules.ts";

/** Only a real Pod gets these; in a template they would change its hash. */
function defaultRequests(container: Container): void {
  const limits = container.resources?.limits;
  if (!container.resources || !limits || Object.keys(limits).length === 0) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}

function setDefaults(object: ApiObject): void {
  const pod = as<Pod>(object);
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  defaultPodSpec(spec);
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    defaultRequests(container);
    if (!spec.hostNetwork) continue;
    for (const port of container.ports ?? []) if (port.containerPort) port.hostPort ||= port.containerPort;
  }
  if (spec.resources?.limits && Object.keys(spec.resources.limits).length > 0) {
    // Simplification: upstream first sums up the containers' requests; pod-level resources are young.
    spec.resources.requests = { ...spec.resources.limits, ...spec.resources.requests };
  }
  spec.enableServiceLinks ??= true;
  // Upstream reads it so; in a template it stays as it is written.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
}

function prepareForCreate(object: ApiObject): void {
  const pod = as<Pod>(object);
  object.metadata.generation = 1;
  const status: PodStatus = { phase: "Pending", qosClass: qosOf(pod) };
  if (pod.spec?.schedulingGates?.length) {
    status.conditions = [
      {
        type: "PodScheduled",
        status: "False",
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      },
    ];
  }
  pod.status = status;
}

/** Amounts that do not parse are validation's to refuse. */
function qosOf(pod: Pod): string {
  try {
    return qosClass(pod.spec ?? { containers: [] });
  } catch {
    return "BestEffort";
  }
}

function prepareForUpdate(object: ApiObject, old: ApiObject): void {
  keep(object, old, "status");
  bumpGeneration(object, old, !sameOnWire(as<Pod>(object).spec, as<Pod>(old).spec, "io.k8s.api.core.v1.PodSpec"));
}

function prepareForStatusUpdate(object: ApiObject, old: ApiObject): void {
  keep(object, old, "spec");
  if (old.metadata.ownerReferences) object.metadata.ownerReferences = old.metadata.ownerReferences;
  else delete object.metadata.ownerReferences;
  const status = (as<Pod>(object).status ??= {});
  const qos = status.qosClass || as<Pod>(old).status?.qosClass;
  if (qos) status.qosClass = qos;
}

function gracePeriodSeconds(object: ApiObject, request: DeleteRequest): number {
  const { spec, status } = as<Pod>(object);
  const wanted = request.gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30;
  // Nobody would ever finish the deletion of a pod that no node runs.
  if (!spec?.nodeName || status?.phase === "Failed" || status?.phase === "Succeeded") return 0;
  return wanted < 0 ? 1 : wanted;
}

function selectableFields(object: ApiObject): Record<string, string> {
  const { spec, status } = as<Pod>(object);
  const ip = status?.podIPs?.[0]?.ip ?? status?.podIP ?? "";
  return {
    "spec.nodeName": spec?.nodeName ?? "",
    "spec.restartPolicy": spec?.restartPolicy ?? "",
    "spec.schedulerName": spec?.schedulerName ?? "",
    "spec.serviceAccountName": spec?.serviceAccountName ?? "",
    "spec.hostNetwork": String(spec?.hostNetwork ?? false),
    "status.phase": status?.phase ?? "",
    "status.podIP": ip,
    "status.podIPs": (status?.podIPs ?? []).map((one) => one.ip ?? "").join(","),
    "status.nominatedNodeName": status?.nominatedNodeName ?? "",
  };
}

function ephemeralErrors({ spec }: Pod): FieldError[] {
  return spec?.ephemeralContainers?.length ? [fieldError.forbidden("spec.ephemeralContainers", "cannot be set on create")] : [];
}

export const pod: KindRules = {
  group: "",
  version: "v1",
  kind: "Pod",
  nameRule: "dns1123-subdomain",
  setDefaults,
  prepareForCreate,
  prepareForUpdate,
  prepareForStatusUpdate,
  validate: (object) => [...validatePod(as<Pod>(object)), ...ephemeralErrors(as<Pod>(object))],
  validateUpdate: (object, old) => validatePodUpdate(as<Pod>(object), as<Pod>(old)),
  selectableFieldNames: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  selectableFields,
  allowUnconditionalUpdate: true,
  gracePeriodSeconds,
  subresources: { ephemeralcontainers: ephemeralContainers, resize },
  columns: podColumns,
  row: podRow,
};
