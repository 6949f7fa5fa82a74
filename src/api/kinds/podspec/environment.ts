// Environment variables: names, and exactly one source where there is no value.
// Invariant: field paths that the kubelet can resolve, and no others; errors in upstream's order and words.
// Called by: containers.ts. Next on the way: kubelet, which resolves them.

import type { EnvFromSource, EnvVar, ObjectFieldSelector } from "../../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../../meta/fielderrors.ts";
import { isConfigMapKey, isDns1123Subdomain, isEnvName, isQualifiedName } from "../../meta/names.ts";
import { nameErrors } from "../checks.ts";

const envFieldPaths = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const knownFieldPaths = [
  ...envFieldPaths,
  "metadata.annotations",
  "metadata.labels",
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
];

function validateFieldRef(field: string, ref: ObjectFieldSelector): FieldError[] {
  if (!ref.apiVersion) return [fieldError.required(`${field}.apiVersion`)];
  if (!ref.fieldPath) return [fieldError.required(`${field}.fieldPath`)];
  const subscripted = /^([^[]+)\['(.*)'\]$/s.exec(ref.fieldPath);
  if (subscripted) {
    const [, path = "", key = ""] = subscripted;
    if (path === "metadata.annotations") return nameErrors(field, key.toLowerCase(), isQualifiedName);
    if (path === "metadata.labels") return nameErrors(field, key, isQualifiedName);
    return [
      fieldError.invalid(
        `${field}.fieldPath`,
        ref.fieldPath,
        `error converting fieldPath: field label does not support subscript: ${ref.fieldPath}`,
      ),
    ];
  }
  if (!knownFieldPaths.includes(ref.fieldPath)) {
    const text = `error converting fieldPath: field label not supported: ${ref.fieldPath}`;
    return [fieldError.invalid(`${field}.fieldPath`, ref.fieldPath, text)];
  }
  return envFieldPaths.includes(ref.fieldPath) ? [] : [fieldError.notSupported(`${field}.fieldPath`, ref.fieldPath, envFieldPaths)];
}

function keyErrors(field: string, ref: { name?: string; key?: string }): FieldError[] {
  const errors = nameErrors(`${field}.name`, ref.name ?? "", isDns1123Subdomain);
  if (!ref.key) errors.push(fieldError.required(`${field}.key`));
  else errors.push(...nameErrors(`${field}.key`, ref.key, isConfigMapKey));
  return errors;
}

function validateValueFrom(field: string, { value, valueFrom }: EnvVar): FieldError[] {
  if (!valueFrom) return [];
  const errors: FieldError[] = [];
  if (valueFrom.fieldRef) errors.push(...validateFieldRef(`${field}.fieldRef`, valueFrom.fieldRef));
  if (valueFrom.resourceFieldRef && !valueFrom.resourceFieldRef.resource)
    errors.push(fieldError.required(`${field}.resourceFieldRef.resource`));
  if (valueFrom.configMapKeyRef) errors.push(...keyErrors(`${field}.configMapKeyRef`, valueFrom.configMapKeyRef));
  if (valueFrom.secretKeyRef) errors.push(...keyErrors(`${field}.secretKeyRef`, valueFrom.secretKeyRef));
  const sources = Object.values(valueFrom).filter((source) => source !== undefined && source !== null).length;
  if (sources === 0) {
    const text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    errors.push(fieldError.invalid(field, "", text));
  } else if (value) errors.push(fieldError.invalid(field, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) errors.push(fieldError.invalid(field, "", "may not have more than one field specified at a time"));
  return errors;
}

export function validateEnv(field: string, env: readonly EnvVar[]): FieldError[] {
  return env.flatMap((variable, i) => [
    ...(variable.name ? nameErrors(`${field}[${i}].name`, variable.name, isEnvName) : [fieldError.required(`${field}[${i}].name`)]),
    ...validateValueFrom(`${field}[${i}].valueFrom`, variable),
  ]);
}

export function validateEnvFrom(field: string, sources: readonly EnvFromSource[]): FieldError[] {
  return sources.flatMap((source, i) => {
    const path = `${field}[${i}]`;
    const errors = source.prefix ? nameErrors(`${path}.prefix`, source.prefix, isEnvName) : [];
    for (const key of ["configMapRef", "secretRef"] as const) {
      const ref = source[key];
      if (!ref) continue;
      if (!ref.name) errors.push(fieldError.required(`${path}.${key}.name`));
      else errors.push(...nameErrors(`${path}.${key}.name`, ref.name, isDns1123Subdomain));
    }
    if (!source.configMapRef && !source.secretRef)
      errors.push(fieldError.invalid(field, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (source.configMapRef && source.secretRef)
      errors.push(fieldError.invalid(field, "", "may not have more than one field specified at a time"));
    return errors;
  });
}
