// Ingresses and their classes: which host and path leads to which service, and who makes it so.
// Invariant: errors come in upstream's order with upstream's words.
// Called by: kinds/index.ts. Next on the way: networkpolicy.ts; admission's default class.

import { own } from "#lib";
import type { ApiObject } from "../machinery/object.ts";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressRule } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isDns1123Label, isDns1123Subdomain, isPortName, isPortNumber, isWildcardSubdomain } from "../meta/names.ts";
import { nameErrors } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, bumpGeneration, keep, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const group = "networking.k8s.io";
const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
const invalidSequences = ["//", "/./", "/../", "%2f", "%2F"];

function backendErrors(backend: IngressBackend | undefined, field: string): FieldError[] {
  const { service, resource } = backend ?? {};
  if (resource && service) return [fieldError.invalid(field, "", "cannot set both resource and service backends")];
  if (resource) {
    const errors: FieldError[] = [];
    if (!resource.kind) errors.push(fieldError.required(`${field}.resource.kind`, "kind is required"));
    if (!resource.name) errors.push(fieldError.required(`${field}.resource.name`, "name is required"));
    return errors;
  }
  if (!service) return [fieldError.invalid(field, "", "resource or service backend is required")];
  const errors: FieldError[] = [];
  if (!service.name) errors.push(fieldError.required(`${field}.service.name`));
  else errors.push(...nameErrors(`${field}.service.name`, service.name, isDns1123Label));
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(fieldError.invalid(field, "", "cannot set both port name & port number"));
  else if (name) errors.push(...nameErrors(`${field}.service.port.name`, name, isPortName));
  else if (number) {
    for (const complaint of isPortNumber(number)) errors.push(fieldError.invalid(`${field}.service.port.number`, number, complaint));
  } else errors.push(fieldError.required(field, "port name or number is required"));
  return errors;
}

function pathErrors({ path = "", pathType, backend }: HTTPIngressPath, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!pathType) errors.push(fieldError.required(`${field}.pathType`, "pathType must be specified"));
  else if (pathType === "Exact" || pathType === "Prefix") {
    if (!path.startsWith("/")) errors.push(fieldError.invalid(`${field}.path`, path, "must be an absolute path"));
    for (const bad of invalidSequences) {
      if (path.includes(bad)) errors.push(fieldError.invalid(`${field}.path`, path, `must not contain '${bad}'`));
    }
  } else if (pathType === "ImplementationSpecific") {
    if (path !== "" && !path.startsWith("/")) errors.push(fieldError.invalid(`${field}.path`, path, "must be an absolute path"));
  } else errors.push(fieldError.notSupported(`${field}.pathType`, pathType, pathTypes));
  return [...errors, ...backendErrors(backend, `${field}.backend`)];
}

function ruleErrors(rule: IngressRule, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const host = rule.host ?? "";
  if (host !== "") {
    if (/^[0-9.]+$/.test(host) && host.split(".").length === 4) {
      errors.push(fieldError.invalid(`${field}.host`, host, "must be a DNS name, not an IP address"));
    }
    errors.push(...nameErrors(`${field}.host`, host, host.includes("*") ? isWildcardSubdomain : isDns1123Subdomain));
  }
  if (!rule.http) return errors;
  if (!rule.http.paths?.length) return [...errors, fieldError.required(`${field}.http.paths`)];
  rule.http.paths.forEach((path, i) => errors.push(...pathErrors(path, `${field}.http.paths[${i}]`)));
  return errors;
}

function validateIngress(object: ApiObject): FieldError[] {
  const spec = as<Ingress>(object).spec ?? {};
  const errors: FieldError[] = [];
  if (!spec.rules?.length && !spec.defaultBackend) {
    return [fieldError.invalid("spec", spec.rules?.length ? spec.rules : null, "either `defaultBackend` or `rules` must be specified")];
  }
  if (spec.defaultBackend) errors.push(...backendErrors(spec.defaultBackend, "spec.defaultBackend"));
  (spec.rules ?? []).forEach((rule, i) => errors.push(...ruleErrors(rule, `spec.rules[${i}]`)));
  (spec.tls ?? []).forEach(({ hosts, secretName }, i) => {
    (hosts ?? []).forEach((host, j) =>
      errors.push(...nameErrors(`spec.tls[${i}].hosts[${j}]`, host, host.includes("*") ? isWildcardSubdomain : isDns1123Subdomain)),
    );
    if (secretName) errors.push(...nameErrors(`spec.tls[${i}].secretName`, secretName, isDns1123Subdomain));
  });
  if (spec.ingressClassName !== undefined) errors.push(...nameErrors("spec.ingressClassName", spec.ingressClassName, isDns1123Subdomain));
  return errors;
}

function hostText(rules: readonly IngressRule[]): string {
  const hosts = rules.map(({ host }) => host ?? "").filter((host) => host !== "");
  if (hosts.length === 0) return "*";
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(",")} + ${rules.length - 3} more...` : hosts.join(",");
}

function addressText(status: Ingress["status"]): string {
  const shown = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter((one) => one !== "");
  return [...new Set(shown)].sort().join(",");
}

export const ingress: KindRules = {
  group,
  version: "v1",
  kind: "Ingress",
  nameRule: "dns1123-subdomain",
  prepareForCreate: (object) => {
    object["status"] = { loadBalancer: {} };
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    keep(object, old, "status");
    const spec = (one: ApiObject): object | undefined => as<Ingress>(one).spec;
    bumpGeneration(object, old, !sameOnWire(spec(object), spec(old), "io.k8s.api.networking.v1.IngressSpec"));
  },
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateIngress,
  validateUpdate: validateIngress,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Class", "Who makes it so."),
    column("Hosts", "Hosts that it has rules for."),
    column("Address", "Where it is reached."),
    column("Ports", "Ports that are open."),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const { spec, status, metadata } = as<Ingress>(object);
    const cells = [
      metadata?.name ?? "",
      spec?.ingressClassName ?? "<none>",
      hostText(spec?.rules ?? []),
      addressText(status),
      spec?.tls?.length ? "80, 443" : "80",
      age(metadata?.creationTimestamp, nowMs),
    ];
    return { cells };
  },
};

function validateClass(object: ApiObject): FieldError[] {
  const spec = as<IngressClass>(object).spec;
  const errors: FieldError[] = [];
  const controller = spec?.controller ?? "";
  if (controller === "") errors.push(fieldError.required("spec.controller"));
  else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/.+$/.test(controller)) {
    errors.push(fieldError.invalid("spec.controller", controller, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  }
  if (spec?.parameters && !spec.parameters.kind) errors.push(fieldError.required("spec.parameters.kind"));
  if (spec?.parameters && !spec.parameters.name) errors.push(fieldError.required("spec.parameters.name"));
  return errors;
}

export const ingressClass: KindRules = {
  group,
  version: "v1",
  kind: "IngressClass",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const parameters = as<IngressClass>(object).spec?.parameters;
    if (parameters) parameters.scope ??= "Cluster";
  },
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    const spec = (one: ApiObject): object | undefined => as<IngressClass>(one).spec;
    bumpGeneration(object, old, !sameOnWire(spec(object), spec(old), "io.k8s.api.networking.v1.IngressClassSpec"));
  },
  validate: validateClass,
  validateUpdate: (object, old) => {
    const [now, then] = [as<IngressClass>(object).spec?.controller, as<IngressClass>(old).spec?.controller];
    return now === then ? [] : [fieldError.invalid("spec.controller", now ?? "", "field is immutable")];
  },
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Controller", "Who serves it."), column("Parameters", "What that one reads beside."), ageColumn],
  row: (object, nowMs) => {
    const { spec, metadata } = as<IngressClass>(object);
    const isDefault = own(metadata?.annotations, "ingressclass.kubernetes.io/is-default-class") === "true";
    const { apiGroup, kind, name } = spec?.parameters ?? {};
    const parameters = spec?.parameters ? `${kind ?? ""}${apiGroup ? `.${apiGroup}` : ""}/${name ?? ""}` : "<none>";
    const cells = [
      `${metadata?.name ?? ""}${isDefault ? " (default)" : ""}`,
      spec?.controller ?? "",
      parameters,
      age(metadata?.creationTimestamp, nowMs),
    ];
    return { cells };
  },
};
