// Kinds that the cluster keeps about itself: runtime classes, flow control, registered APIs, claims for devices.
// Invariant: defaults and lines are complete; rules are the main ones.
// Called by: kinds/index.ts. Next on the way: apiserver/bootstrap, which writes the first of them.

import type { ApiObject } from "../machinery/object.ts";
import type {
  APIService,
  FlowSchema,
  PriorityLevelConfiguration,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  RuntimeClass,
} from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isDns1123Label } from "../meta/names.ts";
import { nameErrors } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, bumpGeneration, keep, roundResourceList, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const nameOf = (object: ApiObject): string => object.metadata.name ?? "";
const ageOf = (object: ApiObject, nowMs: number): string => age(object.metadata.creationTimestamp, nowMs);

function handlerErrors(handler: string | undefined): FieldError[] {
  return handler ? nameErrors("handler", handler, isDns1123Label) : [fieldError.required("handler")];
}

export const runtimeClass: KindRules = {
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => roundResourceList(as<RuntimeClass>(object).overhead?.podFixed),
  validate: (object) => handlerErrors(as<RuntimeClass>(object).handler),
  validateUpdate: (object, old) => {
    const [now, then] = [as<RuntimeClass>(object).handler, as<RuntimeClass>(old).handler];
    return now === then ? [] : [fieldError.invalid("handler", now, "field is immutable")];
  },
  allowCreateOnUpdate: true,
  columns: [nameColumn, column("Handler", "What the runtime calls it."), ageColumn],
  row: (object, nowMs) => ({ cells: [nameOf(object), as<RuntimeClass>(object).handler ?? "", ageOf(object, nowMs)] }),
};

/** Status apart, and a generation that counts the spec's changes. */
function specAndStatus(type: string): Pick<KindRules, "prepareForCreate" | "prepareForUpdate" | "prepareForStatusUpdate"> {
  return {
    prepareForCreate: (object) => {
      object["status"] = {};
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) => {
      keep(object, old, "status");
      bumpGeneration(object, old, !sameOnWire(object["spec"] as object | undefined, old["spec"] as object | undefined, type));
    },
    prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  };
}

function validateFlow(object: ApiObject): FieldError[] {
  const spec = as<FlowSchema>(object).spec;
  const errors: FieldError[] = [];
  const precedence = spec?.matchingPrecedence ?? 0;
  if (precedence < 1) errors.push(fieldError.invalid("spec.matchingPrecedence", precedence, "must be a positive value"));
  if (precedence > 10_000) errors.push(fieldError.invalid("spec.matchingPrecedence", precedence, "must not be greater than 10000"));
  if (!spec?.priorityLevelConfiguration?.name) {
    errors.push(fieldError.required("spec.priorityLevelConfiguration.name", "must reference a priority level"));
  }
  return errors;
}

export const flowSchema: KindRules = {
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const spec = as<FlowSchema>(object).spec;
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  ...specAndStatus("io.k8s.api.flowcontrol.v1.FlowSchemaSpec"),
  validate: validateFlow,
  validateUpdate: validateFlow,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("PriorityLevel", "The level its requests wait in."),
    column("MatchingPrecedence", "Lower ones are asked first."),
    column("DistinguisherMethod", "What tells its flows apart."),
    ageColumn,
    column("MissingPL", "Whether the level is missing."),
  ],
  row: (object, nowMs) => {
    const { spec, status } = as<FlowSchema>(object);
    const dangling = (status?.conditions ?? []).find(({ type }) => type === "Dangling")?.status ?? "?";
    const cells = [
      nameOf(object),
      spec?.priorityLevelConfiguration?.name ?? "",
      spec?.matchingPrecedence ?? 0,
      spec?.distinguisherMethod?.type ?? "<none>",
      ageOf(object, nowMs),
      dangling,
    ];
    return { cells };
  },
};

function defaultLevel(object: ApiObject): void {
  const spec = as<PriorityLevelConfiguration>(object).spec;
  if (spec?.limited) {
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
    const queuing = spec.limited.limitResponse?.queuing;
    if (queuing) {
      queuing.queues ||= 64;
      queuing.handSize ||= 8;
      queuing.queueLengthLimit ||= 50;
    }
  }
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
}

function validateLevel(object: ApiObject): FieldError[] {
  const spec = as<PriorityLevelConfiguration>(object).spec;
  if (spec?.type === "Exempt") {
    return spec.limited ? [fieldError.forbidden("spec.limited", "must be nil if the type is not Limited")] : [];
  }
  if (!spec?.type) return [fieldError.required("spec.type")];
  if (spec.type !== "Limited") return [fieldError.notSupported("spec.type", spec?.type ?? "", ["Exempt", "Limited"])];
  if (!spec.limited) return [fieldError.required("spec.limited", "must not be empty when type is Limited")];
  const response = spec.limited.limitResponse;
  if (!response?.type) return [fieldError.required("spec.limited.limitResponse.type")];
  if (response.type === "Queue" && !response.queuing) {
    return [fieldError.required("spec.limited.limitResponse.queuing", "must not be empty if limited response type is Limited")];
  }
  return [];
}

export const priorityLevel: KindRules = {
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  nameRule: "dns1123-subdomain",
  setDefaults: defaultLevel,
  ...specAndStatus("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec"),
  validate: validateLevel,
  validateUpdate: validateLevel,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Type", "Whether its requests are limited."),
    column("NominalConcurrencyShares", "Its share of what runs at once."),
    column("Queues", "How many queues it has."),
    column("HandSize", "How many of them a flow may use."),
    column("QueueLengthLimit", "How many may wait in one."),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const spec = as<PriorityLevelConfiguration>(object).spec;
    const queuing = spec?.limited?.limitResponse?.queuing;
    const none = "<none>";
    const cells = [
      nameOf(object),
      spec?.type ?? "",
      spec?.limited?.nominalConcurrencyShares ?? none,
      queuing?.queues ?? none,
      queuing?.handSize ?? none,
      queuing?.queueLengthLimit ?? none,
      ageOf(object, nowMs),
    ];
    return { cells };
  },
};

function validateApi(object: ApiObject): FieldError[] {
  const spec = as<APIService>(object).spec;
  const errors: FieldError[] = [];
  const wanted = `${spec?.version ?? ""}.${spec?.group ?? ""}`;
  if (nameOf(object) !== wanted) {
    errors.push(fieldError.invalid("metadata.name", nameOf(object), 'must be `spec.version+"."+spec.group`: "' + wanted + '"'));
  }
  const minimum = spec?.groupPriorityMinimum ?? 0;
  if (minimum <= 0 || minimum > 20_000) {
    errors.push(fieldError.invalid("spec.groupPriorityMinimum", minimum, "must be positive and less than 20000"));
  }
  const priority = spec?.versionPriority ?? 0;
  if (priority <= 0 || priority > 1000)
    errors.push(fieldError.invalid("spec.versionPriority", priority, "must be positive and less than 1000"));
  return errors;
}

export const apiService: KindRules = {
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  nameRule: "path-segment",
  setDefaults: (object) => {
    const service = as<APIService>(object).spec?.service;
    if (service) service.port ??= 443;
  },
  prepareForCreate: (object) => {
    object["status"] = {};
    if (as<APIService>(object).spec?.service) return;
    const made = object.metadata.creationTimestamp;
    const condition = { type: "Available", status: "True", reason: "Local", message: "Local APIServices are always available" };
    object["status"] = { conditions: [{ ...condition, ...(made !== undefined && { lastTransitionTime: made }) }] };
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateApi,
  validateUpdate: validateApi,
  columns: [nameColumn, column("Service", "Who serves it."), column("Available", "Whether it can be asked."), ageColumn],
  row: (object, nowMs) => {
    const { spec, status } = as<APIService>(object);
    const condition = (status?.conditions ?? []).find(({ type }) => type === "Available");
    const reason = condition && condition.status !== "True" ? ` (${condition.reason ?? ""})` : "";
    const service = spec?.service ? `${spec.service.namespace ?? ""}/${spec.service.name ?? ""}` : "Local";
    return { cells: [nameOf(object), service, `${condition?.status ?? "Unknown"}${reason}`, ageOf(object, nowMs)] };
  },
};

function defaultClaim(spec: ResourceClaimSpec | undefined): void {
  for (const { exactly, firstAvailable } of spec?.devices?.requests ?? []) {
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])]) {
      request.allocationMode ||= "ExactCount";
      if (request.allocationMode === "ExactCount") request.count ||= 1;
    }
  }
}

const deviceGroup = "resource.k8s.io";

export const deviceClass: KindRules = {
  group: deviceGroup,
  version: "v1",
  kind: "DeviceClass",
  nameRule: "dns1123-subdomain",
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  columns: [nameColumn, ageColumn],
  row: (object, nowMs) => ({ cells: [nameOf(object), ageOf(object, nowMs)] }),
};

export const resourceClaim: KindRules = {
  group: deviceGroup,
  version: "v1",
  kind: "ResourceClaim",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => defaultClaim(as<ResourceClaim>(object).spec),
  prepareForCreate: (object) => {
    object["status"] = {};
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  columns: [nameColumn, column("State", "Who has it."), ageColumn],
  row: (object, nowMs) => {
    const { status, metadata } = as<ResourceClaim>(object);
    const states = [
      ...(metadata?.deletionTimestamp ? ["deleted"] : []),
      ...(status?.allocation ? ["allocated"] : metadata?.deletionTimestamp ? [] : ["pending"]),
      ...(status?.reservedFor?.length ? ["reserved"] : []),
    ];
    return { cells: [nameOf(object), states.join(","), ageOf(object, nowMs)] };
  },
};

export const resourceClaimTemplate: KindRules = {
  group: deviceGroup,
  version: "v1",
  kind: "ResourceClaimTemplate",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => defaultClaim(as<ResourceClaimTemplate>(object).spec?.spec),
  columns: [nameColumn, ageColumn],
  row: (object, nowMs) => ({ cells: [nameOf(object), ageOf(object, nowMs)] }),
};
