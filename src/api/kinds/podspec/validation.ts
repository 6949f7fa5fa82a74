// Whether a pod spec can run at all: the frame. Containers, volumes, probes, resources and scheduling have files of their own.
// Invariant: errors come in upstream's order with upstream's texts; a template is judged like a pod, less what only a pod can get wrong.
// Called by: pod.ts and every kind with a pod template. Next on the way: containers.ts, volumes.ts, scheduling.ts.

import type { Pod, PodSpec, PodTemplateSpec } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isDns1123Label, isDns1123Subdomain } from "../../meta/names.ts";
import { nameErrors, validateLabels } from "../checks.ts";
import { validateAnnotations } from "../objectmeta.ts";
import { validateContainers, validateInitContainers } from "./containers.ts";
import { validateEphemeralContainers } from "./debugcontainers.ts";
import { validateAffinity, validateTolerations } from "./scheduling.ts";
import { validatePodSecurityContext } from "./security.ts";
import { validateVolumes } from "./volumes.ts";

const restartPolicies = ["Always", "OnFailure", "Never"];
const dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const maxInt32 = 2 ** 31 - 1;

function oneOf(field: string, value: string | undefined, allowed: readonly string[]): FieldError[] {
  if (!value) return [fieldError.required(field)];
  return allowed.includes(value) ? [] : [fieldError.notSupported(field, value, allowed)];
}

function validateHostNetwork(spec: PodSpec, field: string, isPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return [];
  const errors: FieldError[] = [];
  (spec.containers ?? []).forEach((container, i) => {
    (container.ports ?? []).forEach(({ hostPort = 0, containerPort }, j) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return;
      const path = `${field}.containers[${i}].ports[${j}].hostPort`;
      errors.push(fieldError.invalid(path, hostPort, "must match `containerPort` when `hostNetwork` is true"));
    });
  });
  return errors;
}

/** Names and numbers that stand at the spec itself. */
function validateScalars(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const subdomain = (name: string, value: string | undefined): void => {
    if (value) errors.push(...nameErrors(`${field}.${name}`, value, isDns1123Subdomain));
  };
  const label = (name: string, value: string | undefined): void => {
    if (value) errors.push(...nameErrors(`${field}.${name}`, value, isDns1123Label));
  };
  subdomain("serviceAccountName", spec.serviceAccountName);
  subdomain("nodeName", spec.nodeName);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.push(fieldError.invalid(`${field}.activeDeadlineSeconds`, deadline, `must be between 1 and ${maxInt32}, inclusive`));
  }
  label("hostname", spec.hostname);
  label("subdomain", spec.subdomain);
  errors.push(...validateTolerations(`${field}.tolerations`, spec.tolerations ?? []));
  subdomain("priorityClassName", spec.priorityClassName);
  subdomain("runtimeClassName", spec.runtimeClassName);
  return errors;
}

export function validatePodSpec(spec: PodSpec, field: string, isPod: boolean): FieldError[] {
  const { volumes, errors } = validateVolumes(`${field}.volumes`, spec.volumes ?? []);
  const scope = { volumes, graceSeconds: spec.terminationGracePeriodSeconds };
  errors.push(...validateContainers(`${field}.containers`, spec.containers ?? [], scope));
  errors.push(...validateInitContainers(`${field}.initContainers`, spec, scope));
  errors.push(...validateEphemeralContainers(`${field}.ephemeralContainers`, spec, scope));
  errors.push(...validateHostNetwork(spec, field, isPod));
  errors.push(...oneOf(`${field}.restartPolicy`, spec.restartPolicy, restartPolicies));
  errors.push(...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, dnsPolicies));
  errors.push(...validateLabels(`${field}.nodeSelector`, spec.nodeSelector));
  errors.push(...validatePodSecurityContext(`${field}.securityContext`, spec));
  errors.push(...validateAffinity(`${field}.affinity`, spec.affinity));
  return [...errors, ...validateScalars(spec, field)];
}

/** Surrounding blanks pass in a template, for old times' sake, but no pod may carry them. */
function validateImages(spec: PodSpec): FieldError[] {
  return (["containers", "initContainers"] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image = "" }, i) =>
      image === image.trim() ? [] : [fieldError.invalid(`spec.${list}[${i}].image`, image, "must not have leading or trailing whitespace")],
    ),
  );
}

/** Stands for a pod that a node runs by itself. */
export function isMirror({ metadata }: Pod): boolean {
  return Object.hasOwn(metadata?.annotations ?? {}, "kubernetes.io/config.mirror");
}

export function validatePod(pod: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  return [...validatePodSpec(spec, "spec", true), ...validateImages(spec)];
}

export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string): FieldError[] {
  const spec = template?.spec ?? { containers: [] };
  const errors = [
    ...validateLabels(`${field}.labels`, template?.metadata?.labels),
    ...validateAnnotations(`${field}.annotations`, template?.metadata?.annotations),
    ...validatePodSpec(spec, `${field}.spec`, false),
  ];
  if (spec.ephemeralContainers?.length) {
    errors.push(fieldError.forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template"));
  }
  return errors;
}
