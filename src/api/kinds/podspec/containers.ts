// Whether containers can be made: names, images, ports, environment, mounts, resources, probes.
// Invariant: names are unique over init and main containers, host ports over one list; errors in upstream's order and words.
// Called by: validation.ts. Next on the way: environment.ts, probes.ts, resources.ts.

import type { Container, ContainerPort, PodSpec, Volume, VolumeMount } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isDns1123Label, isPortName } from "../../meta/names.ts";
import { nameErrors, portNumberErrors } from "../checks.ts";
import { validateEnv, validateEnvFrom } from "./environment.ts";
import { relativePathErrors } from "./paths.ts";
import { validateLifecycle, validateProbes } from "./probes.ts";
import { validateResources } from "./resources.ts";
import { validateSecurityContext } from "./security.ts";

export interface ContainerScope {
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly graceSeconds: number | undefined;
}

const messagePolicies = ["File", "FallbackToLogsOnError"];
const pullPolicies = ["Always", "IfNotPresent", "Never"];
const protocols = ["SCTP", "TCP", "UDP"];
const restartPolicies = ["Always", "Never", "OnFailure"];

function validatePorts(field: string, ports: readonly ContainerPort[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const path = `${field}[${i}]`;
    if (port.name) {
      const bad = nameErrors(`${path}.name`, port.name, isPortName);
      if (bad.length > 0) errors.push(...bad);
      else if (names.has(port.name)) errors.push(fieldError.duplicate(`${path}.name`, port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(fieldError.required(`${path}.containerPort`));
    else errors.push(...portNumberErrors(`${path}.containerPort`, port.containerPort));
    if (port.hostPort) errors.push(...portNumberErrors(`${path}.hostPort`, port.hostPort));
    if (!port.protocol) errors.push(fieldError.required(`${path}.protocol`));
    else if (!protocols.includes(port.protocol)) errors.push(fieldError.notSupported(`${path}.protocol`, port.protocol, protocols));
  }
  return errors;
}

function validateMounts(field: string, container: Container, scope: ContainerScope): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const path = `${field}[${i}]`;
    if (!mount.name) errors.push(fieldError.required(`${path}.name`));
    if (!scope.volumes.has(mount.name ?? "")) errors.push(fieldError.notFound(`${path}.name`, mount.name ?? ""));
    if (!mount.mountPath) errors.push(fieldError.required(`${path}.mountPath`));
    if (paths.has(mount.mountPath ?? "")) errors.push(fieldError.invalid(`${path}.mountPath`, mount.mountPath, "must be unique"));
    paths.add(mount.mountPath ?? "");
    if (mount.subPath) errors.push(...relativePathErrors(`${field}.subPath`, mount.subPath));
    if (mount.subPathExpr) {
      if (mount.subPath)
        errors.push(fieldError.invalid(`${path}.subPathExpr`, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"));
      errors.push(...relativePathErrors(`${field}.subPathExpr`, mount.subPathExpr));
    }
    errors.push(...validatePropagation(`${field}.mountPropagation`, mount, container));
  }
  return errors;
}

const propagations = ["Bidirectional", "HostToContainer", "None"];

function validatePropagation(field: string, { mountPropagation }: VolumeMount, container: Container): FieldError[] {
  if (mountPropagation === undefined) return [];
  if (!propagations.includes(mountPropagation)) return [fieldError.notSupported(field, mountPropagation, propagations)];
  if (mountPropagation !== "Bidirectional" || container.securityContext?.privileged) return [];
  return [fieldError.forbidden(field, "Bidirectional mount propagation is available only to privileged containers")];
}

export function validateCommon(field: string, container: Container, scope: ContainerScope): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(fieldError.required(`${field}.name`));
  else errors.push(...nameErrors(`${field}.name`, container.name, isDns1123Label));
  if (!container.image) errors.push(fieldError.required(`${field}.image`));
  const { terminationMessagePolicy: policy, imagePullPolicy: pull } = container;
  if (!policy) errors.push(fieldError.required(`${field}.terminationMessagePolicy`));
  else if (!messagePolicies.includes(policy))
    errors.push(fieldError.notSupported(`${field}.terminationMessagePolicy`, policy, messagePolicies));
  errors.push(...validatePorts(`${field}.ports`, container.ports ?? []));
  errors.push(...validateEnv(`${field}.env`, container.env ?? []));
  errors.push(...validateEnvFrom(`${field}.envFrom`, container.envFrom ?? []));
  errors.push(...validateMounts(`${field}.volumeMounts`, container, scope));
  if (!pull) errors.push(fieldError.required(`${field}.imagePullPolicy`));
  else if (!pullPolicies.includes(pull)) errors.push(fieldError.notSupported(`${field}.imagePullPolicy`, pull, pullPolicies));
  errors.push(...validateResources(`${field}.resources`, container.resources));
  errors.push(...validateSecurityContext(`${field}.securityContext`, container.securityContext));
  return errors;
}

function hostPortConflicts(field: string, containers: readonly Container[]): FieldError[] {
  const seen = new Set<string>();
  return containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap(({ protocol, hostIP = "", hostPort }, j) => {
      if (!hostPort) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      const taken = seen.has(key);
      seen.add(key);
      return taken ? [fieldError.duplicate(`${field}[${i}].ports[${j}].hostPort`, key)] : [];
    }),
  );
}

function validateRestartPolicy(field: string, policy: string | undefined): FieldError[] {
  return policy === undefined || restartPolicies.includes(policy)
    ? []
    : [fieldError.notSupported(`${field}.restartPolicy`, policy, restartPolicies)];
}

export function validateContainers(field: string, containers: readonly Container[], scope: ContainerScope): FieldError[] {
  if (containers.length === 0) return [fieldError.required(field)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const path = `${field}[${i}]`;
    errors.push(...validateCommon(path, container, scope));
    if (names.has(container.name ?? "")) errors.push(fieldError.duplicate(`${path}.name`, container.name ?? ""));
    names.add(container.name ?? "");
    errors.push(...validateLifecycle(`${path}.lifecycle`, container.lifecycle, scope.graceSeconds));
    errors.push(...validateProbes(path, container, scope.graceSeconds));
    errors.push(...validateRestartPolicy(path, container.restartPolicy));
  }
  return [...errors, ...hostPortConflicts(field, containers)];
}

const onlySidecars = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;

export function validateInitContainers(field: string, spec: PodSpec, scope: ContainerScope): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set((spec.containers ?? []).map((container) => container.name ?? ""));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const path = `${field}[${i}]`;
    errors.push(...validateCommon(path, container, scope), ...validateRestartPolicy(path, container.restartPolicy));
    if (names.has(container.name ?? "")) errors.push(fieldError.duplicate(`${path}.name`, container.name ?? ""));
    else if (container.name) names.add(container.name);
    errors.push(...hostPortConflicts(field, [container]));
    if (container.restartPolicy === "Always") {
      errors.push(...validateLifecycle(`${path}.lifecycle`, container.lifecycle, scope.graceSeconds));
      errors.push(...validateProbes(path, container, scope.graceSeconds));
      continue;
    }
    for (const name of onlySidecars) {
      if (container[name])
        errors.push(fieldError.forbidden(`${path}.${name}`, "may not be set for init containers without restartPolicy=Always"));
    }
  }
  return errors;
}
