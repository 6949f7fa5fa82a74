// PersistentVolumes and claims: storage that outlives pods, and somebody's wish for some.
// Invariant: what a claim asked for stays as it is once made; a volume has exactly one source, which never changes.
// Called by: kinds/index.ts. Next on the way: storage.ts, for the classes and drivers behind them.

import type { ApiObject } from "../machinery/object.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { Quantity } from "../meta/quantity.ts";
import { validateLabelSelector } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, keep, roundResourceList, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const short: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** In upstream's fixed order, each once. */
function modeText(given: readonly string[] | undefined): string {
  return Object.keys(short)
    .filter((mode) => given?.includes(mode))
    .map((mode) => short[mode])
    .join(",");
}

function modeErrors(field: string, given: readonly string[] | undefined): FieldError[] {
  if (!given?.length) return [fieldError.required(field, "at least 1 access mode is required")];
  const errors = given.filter((mode) => !modes.includes(mode)).map((mode) => fieldError.notSupported(field, mode, modes));
  if (given.includes("ReadWriteOncePod") && given.length > 1) {
    errors.push(fieldError.forbidden(field, "may not use ReadWriteOncePod with other access modes"));
  }
  return errors;
}

function storageErrors(field: string, list: Readonly<Record<string, string>> | undefined): FieldError[] {
  const text = list?.["storage"];
  if (text === undefined) return [fieldError.required(`${field}[storage]`)];
  const amount = Quantity.parse(text);
  return amount.sign > 0 ? [] : [fieldError.invalid(`${field}[storage]`, amount.toString(), "must be greater than zero")];
}

const volumeModes = ["Block", "Filesystem"];
const policies = ["Delete", "Recycle", "Retain"];
/** Fields of a volume's spec that are no source. */
const plain = new Set(
  "capacity accessModes claimRef persistentVolumeReclaimPolicy storageClassName mountOptions volumeMode nodeAffinity volumeAttributesClassName".split(
    " ",
  ),
);

function validateVolume(object: ApiObject): FieldError[] {
  const spec = as<PersistentVolume>(object).spec ?? {};
  const field = "spec.accessModes";
  const given = spec.accessModes ?? [];
  const errors = given.length === 0 ? [fieldError.required(field)] : [];
  const unknown = given.filter((mode) => !modes.includes(mode));
  for (const mode of unknown) errors.push(fieldError.notSupported(field, mode, modes));
  if (Object.keys(spec.capacity ?? {}).length === 0) {
    errors.push(fieldError.required("spec.capacity"), fieldError.notSupported("spec.capacity", null, ["storage"]));
  } else errors.push(...capacityErrors(spec.capacity!));
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !policies.includes(policy)) errors.push(fieldError.notSupported("spec.persistentVolumeReclaimPolicy", policy, policies));
  const sources = Object.entries(spec).flatMap(([name, value]) => (plain.has(name) || value === undefined ? [] : [name]));
  if (sources.length === 0) errors.push(fieldError.required("spec", "must specify a volume type"));
  for (const name of sources.slice(1)) errors.push(fieldError.forbidden(`spec.${name}`, "may not specify more than 1 volume type"));
  if (spec.hostPath && !spec.hostPath.path) errors.push(fieldError.required("spec.hostPath.path"));
  if (spec.local && !spec.nodeAffinity?.required)
    errors.push(fieldError.required("spec.nodeAffinity", "Local volume requires node affinity"));
  if (spec.volumeMode && !volumeModes.includes(spec.volumeMode)) {
    errors.push(fieldError.notSupported("spec.volumeMode", spec.volumeMode, volumeModes));
  }
  return errors;
}

function capacityErrors(capacity: Readonly<Record<string, string>>): FieldError[] {
  if (capacity["storage"] === undefined || Object.keys(capacity).length > 1) {
    return [fieldError.notSupported("spec.capacity", capacity, ["storage"])];
  }
  return storageErrors("spec.capacity", capacity).map((error) => ({ ...error, field: "spec.capacity[storage]" }));
}

const nameOf = (object: ApiObject): string => object.metadata.name ?? "";

export const persistentVolume: KindRules = {
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const view = as<PersistentVolume>(object);
    const spec = (view.spec ??= {});
    roundResourceList(spec.capacity);
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath) spec.hostPath.type ??= "";
    if (view.status && !view.status.phase) view.status.phase = "Pending";
  },
  prepareForCreate: (object) => {
    const made = object.metadata.creationTimestamp;
    object["status"] = { phase: "Pending", ...(made !== undefined && { lastPhaseTransitionTime: made }) };
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateVolume,
  validateUpdate: (object, old) => {
    const errors = validateVolume(object);
    const source = (one: ApiObject): object =>
      Object.fromEntries(Object.entries(as<PersistentVolume>(one).spec ?? {}).filter(([name]) => !plain.has(name)));
    if (!sameOnWire(source(object), source(old), "io.k8s.api.core.v1.PersistentVolumeSpec")) {
      errors.push(fieldError.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"));
    }
    const [now, then] = [as<PersistentVolume>(object).spec?.volumeMode, as<PersistentVolume>(old).spec?.volumeMode];
    if (now !== then) errors.push(fieldError.invalid("volumeMode", now ?? null, "field is immutable"));
    return errors;
  },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Capacity", "How much it holds."),
    column("Access Modes", "How it can be mounted."),
    column("Reclaim Policy", "What becomes of it after its claim."),
    column("Status", "Whether it is free, bound or left behind."),
    column("Claim", "Who has it."),
    column("StorageClass", "The class it belongs to."),
    column("VolumeAttributesClass", "The class of its attributes."),
    column("Reason", "Why it failed."),
    ageColumn,
    column("VolumeMode", "Whether it is a file system or a bare device.", { wide: true }),
  ],
  row: (object, nowMs) => {
    const { spec, status, metadata } = as<PersistentVolume>(object);
    const phase = metadata?.deletionTimestamp ? "Terminating" : (status?.phase ?? "");
    const claim = spec?.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}` : "";
    const cells = [
      nameOf(object),
      spec?.capacity?.["storage"] ?? "0",
      modeText(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? "",
      phase,
      claim,
      spec?.storageClassName ?? "",
      spec?.volumeAttributesClassName ?? "<unset>",
      status?.reason ?? "",
      age(object.metadata.creationTimestamp, nowMs),
      spec?.volumeMode ?? "<unset>",
    ];
    return { cells };
  },
};

function validateClaim(object: ApiObject): FieldError[] {
  const spec = as<PersistentVolumeClaim>(object).spec ?? {};
  const errors = modeErrors("spec.accessModes", spec.accessModes);
  errors.push(...validateLabelSelector("spec.selector", spec.selector));
  errors.push(...storageErrors("spec.resources", spec.resources?.requests));
  if (spec.volumeMode && !volumeModes.includes(spec.volumeMode)) {
    errors.push(fieldError.notSupported("spec.volumeMode", spec.volumeMode, volumeModes));
  }
  return errors;
}

/** A claim may be bound, and may grow; nothing else. */
function validateClaimUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const errors = validateClaim(object);
  const [now, then] = [as<PersistentVolumeClaim>(object).spec ?? {}, as<PersistentVolumeClaim>(old).spec ?? {}];
  const grown = {
    ...now,
    ...(then.volumeName ? {} : { volumeName: then.volumeName }),
    resources: { ...now.resources, requests: then.resources?.requests ?? {} },
    volumeAttributesClassName: then.volumeAttributesClassName,
  };
  if (!sameOnWire(grown, then, "io.k8s.api.core.v1.PersistentVolumeClaimSpec")) {
    const text = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    errors.push(fieldError.forbidden("spec", text));
    return errors;
  }
  const [asked, had] = [now.resources?.requests?.["storage"] ?? "0", then.resources?.requests?.["storage"] ?? "0"];
  if (Quantity.parse(asked).cmp(Quantity.parse(had)) < 0) {
    errors.push(fieldError.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
  }
  return errors;
}

export const persistentVolumeClaim: KindRules = {
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const view = as<PersistentVolumeClaim>(object);
    const spec = (view.spec ??= {});
    roundResourceList(spec.resources?.requests);
    roundResourceList(spec.resources?.limits);
    spec.volumeMode ??= "Filesystem";
    if (view.status && !view.status.phase) view.status.phase = "Pending";
  },
  prepareForCreate: (object) => {
    object["status"] = { phase: "Pending" };
    const spec = as<PersistentVolumeClaim>(object).spec ?? {};
    // The old and the new field say the same.
    if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
    else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
      const { namespace: _, ...source } = spec.dataSourceRef;
      spec.dataSource = source;
    }
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Status", "Whether it has a volume."),
    column("Volume", "The volume it has."),
    column("Capacity", "How much that holds."),
    column("Access Modes", "How that can be mounted."),
    column("StorageClass", "The class it asks for."),
    column("VolumeAttributesClass", "The class of its attributes."),
    ageColumn,
    column("VolumeMode", "Whether it wants a file system or a bare device.", { wide: true }),
  ],
  row: (object, nowMs) => {
    const { spec, status, metadata } = as<PersistentVolumeClaim>(object);
    const bound = (spec?.volumeName ?? "") !== "";
    const annotations = metadata?.annotations ?? {};
    const beta = "volume.beta.kubernetes.io/storage-class";
    const cells = [
      nameOf(object),
      metadata?.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
      spec?.volumeName ?? "",
      bound ? (status?.capacity?.["storage"] ?? "0") : "",
      bound ? modeText(status?.accessModes) : "",
      Object.hasOwn(annotations, beta) ? annotations[beta] : (spec?.storageClassName ?? ""),
      spec?.volumeAttributesClassName ?? "<unset>",
      age(object.metadata.creationTimestamp, nowMs),
      spec?.volumeMode ?? "<unset>",
    ];
    return { cells };
  },
};
