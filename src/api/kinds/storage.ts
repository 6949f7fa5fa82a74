// What stands behind volumes: drivers, where they run, what is attached to which node, how much room is left.
// Invariant: defaults and lines are complete; drivers and attachments never change what they were made for.
// Called by: kinds/index.ts. Next on the way: controllers and drivers, which are not ours.

import type { ApiObject } from "../machinery/object.ts";
import type { CSIDriver, CSINode, VolumeAttachment, VolumeAttributesClass } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { isDns1123Subdomain } from "../meta/names.ts";
import { nameErrors } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, bumpGeneration, keep, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const group = "storage.k8s.io";
const nameOf = (object: ApiObject): string => object.metadata.name ?? "";
const ageOf = (object: ApiObject, nowMs: number): string => age(object.metadata.creationTimestamp, nowMs);

function validateAttachment(object: ApiObject): FieldError[] {
  const spec = as<VolumeAttachment>(object).spec;
  const errors: FieldError[] = [];
  if (!spec?.attacher) errors.push(fieldError.required("spec.attacher"));
  const { persistentVolumeName, inlineVolumeSpec } = spec?.source ?? {};
  if (persistentVolumeName === undefined && !inlineVolumeSpec) {
    errors.push(fieldError.required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
  }
  errors.push(...nameErrors("spec.nodeName", spec?.nodeName ?? "", isDns1123Subdomain));
  return errors;
}

export const volumeAttachment: KindRules = {
  group,
  version: "v1",
  kind: "VolumeAttachment",
  nameRule: "dns1123-subdomain",
  prepareForCreate: (object) => {
    object["status"] = { attached: false };
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: validateAttachment,
  validateUpdate: (object, old) => {
    const [now, then] = [as<VolumeAttachment>(object).spec, as<VolumeAttachment>(old).spec];
    const same = sameOnWire(now, then, "io.k8s.api.storage.v1.VolumeAttachmentSpec");
    return [...validateAttachment(object), ...(same ? [] : [fieldError.invalid("spec", now, "field is immutable")])];
  },
  columns: [
    nameColumn,
    column("Attacher", "The driver that attaches it.", { name: true }),
    column("PV", "The volume."),
    column("Node", "The node it is attached to."),
    column("Attached", "Whether it is.", { type: "boolean" }),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const { spec, status } = as<VolumeAttachment>(object);
    const cells = [
      nameOf(object),
      spec?.attacher ?? "",
      spec?.source?.persistentVolumeName ?? "",
      spec?.nodeName ?? "",
      status?.attached ?? false,
      ageOf(object, nowMs),
    ];
    return { cells };
  },
};

export const csiDriver: KindRules = {
  group,
  version: "v1",
  kind: "CSIDriver",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    const spec = (as<CSIDriver>(object).spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForUpdate: (object, old) => {
    const spec = (one: ApiObject): object | undefined => as<CSIDriver>(one).spec;
    const changed = !sameOnWire(spec(object), spec(old), "io.k8s.api.storage.v1.CSIDriverSpec");
    bumpGeneration(object, old, changed && (old.metadata.generation ?? 0) > 0);
  },
  columns: [
    nameColumn,
    column("AttachRequired", "Whether volumes must be attached first.", { type: "boolean" }),
    column("PodInfoOnMount", "Whether it is told which pod mounts.", { type: "boolean" }),
    column("StorageCapacity", "Whether the scheduler asks how much is left.", { type: "boolean" }),
    column("TokenRequests", "Whom the pod's tokens are for."),
    column("RequiresRepublish", "Whether it is called again and again.", { type: "boolean" }),
    column("Modes", "Which volumes it makes."),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const spec = as<CSIDriver>(object).spec ?? {};
    const tokens = (spec.tokenRequests ?? []).map(({ audience }) => audience).join(",");
    const cells = [
      nameOf(object),
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      tokens === "" ? "<unset>" : tokens,
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(",") || "<none>",
      ageOf(object, nowMs),
    ];
    return { cells };
  },
};

export const csiNode: KindRules = {
  group,
  version: "v1",
  kind: "CSINode",
  nameRule: "dns1123-subdomain",
  columns: [nameColumn, column("Drivers", "How many drivers run on it.", { type: "integer" }), ageColumn],
  row: (object, nowMs) => ({ cells: [nameOf(object), as<CSINode>(object).spec?.drivers?.length ?? 0, ageOf(object, nowMs)] }),
};

/** No columns of its own: kubectl shows the name and when it was made. */
export const csiStorageCapacity: KindRules = { group, version: "v1", kind: "CSIStorageCapacity", nameRule: "dns1123-subdomain" };

function validateAttributes(object: ApiObject): FieldError[] {
  const { driverName, parameters } = as<VolumeAttributesClass>(object);
  const errors = driverName ? [] : [fieldError.required("driverName")];
  if (Object.keys(parameters ?? {}).length === 0)
    errors.push(fieldError.required("parameters", "must contain at least one key/value pair"));
  return errors;
}

export const volumeAttributesClass: KindRules = {
  group,
  version: "v1",
  kind: "VolumeAttributesClass",
  nameRule: "dns1123-subdomain",
  validate: validateAttributes,
  validateUpdate: (object, old) => {
    const [now, then] = [as<VolumeAttributesClass>(object), as<VolumeAttributesClass>(old)];
    return [
      ...validateAttributes(object),
      ...(now.driverName === then.driverName ? [] : [fieldError.forbidden("driverName", "updates to driverName are forbidden.")]),
      ...(sameOnWire({ parameters: now.parameters }, { parameters: then.parameters }, "io.k8s.api.storage.v1.VolumeAttributesClass")
        ? []
        : [fieldError.forbidden("parameters", "updates to parameters are forbidden.")]),
    ];
  },
  columns: [nameColumn, column("DriverName", "Whose volumes it is for."), ageColumn],
  row: (object, nowMs) => ({ cells: [nameOf(object), as<VolumeAttributesClass>(object).driverName ?? "", ageOf(object, nowMs)] }),
};
