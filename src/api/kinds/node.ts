// Nodes: what they can hold, whether they are ready, which addresses they have.
// Invariant: allocatable is the capacity unless the agent says less; status is written only through /status.
// Called by: kinds/index.ts. Next on the way: scheduler, kubelet's node status.

import type { ApiObject } from "../machinery/object.ts";
import type { Node } from "../machinery/types.gen.ts";
import { findCondition } from "../meta/conditions.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { compareBytes } from "../meta/gotext.ts";
import { isQualifiedName } from "../meta/names.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, keep, roundResourceList } from "./common.ts";
import type { KindRules, Row } from "./rules.ts";

const rolePrefix = "node-role.kubernetes.io/";

function setDefaults(object: ApiObject): void {
  const node = as<Node>(object);
  const status = (node.status ??= {});
  roundResourceList(status.capacity);
  roundResourceList(status.allocatable);
  if (!status.allocatable && status.capacity) status.allocatable = { ...status.capacity };
}

function roles(labels: Record<string, string> | undefined): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) found.add(key.slice(rolePrefix.length));
    else if (key === "kubernetes.io/role" && value !== "") found.add(value);
  }
  return [...found].sort(compareBytes).join(",") || "<none>";
}

function row(object: ApiObject, nowMs: number): Row {
  const { spec, status } = as<Node>(object);
  const ready = findCondition(status?.conditions, "Ready");
  const state = [ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown"];
  if (spec?.unschedulable) state.push("SchedulingDisabled");
  const info = status?.nodeInfo;
  const address = (type: string): string => status?.addresses?.find((one) => one.type === type)?.address ?? "<none>";
  const architecture = info?.architecture ? ` (${info.architecture})` : "";
  const cells = [
    object.metadata.name ?? "",
    state.join(","),
    roles(object.metadata.labels),
    age(object.metadata.creationTimestamp, nowMs),
    info?.kubeletVersion ?? "",
    address("InternalIP"),
    address("ExternalIP"),
    info?.osImage || "<unknown>",
    `${info?.kernelVersion || "<unknown>"}${architecture}`,
    info?.containerRuntimeVersion || "<unknown>",
  ];
  return { cells };
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function validateNode(node: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, taint] of (node.spec?.taints ?? []).entries()) {
    // Upstream's path says metadata.
    const field = `metadata.taints[${i}]`;
    for (const complaint of isQualifiedName(taint.key ?? "")) errors.push(fieldError.invalid(`${field}.key`, taint.key ?? "", complaint));
    if (!taint.effect) errors.push(fieldError.required(`${field}.effect`));
    else if (!effects.includes(taint.effect)) errors.push(fieldError.notSupported(`${field}.effect`, taint.effect, effects));
    const pair = `${taint.key}:${taint.effect}`;
    if (seen.has(pair)) {
      const shown = { Key: taint.key ?? "", Value: taint.value ?? "", Effect: taint.effect ?? "", TimeAdded: null };
      const error = fieldError.duplicate(field, shown);
      errors.push({ ...error, message: `${error.message}: taints must be unique by key and effect pair` });
    }
    seen.add(pair);
  }
  return errors;
}

function validateUpdate(node: Node, old: Node): FieldError[] {
  const errors = validateNode(node);
  const cidrs = (of: Node): string => (of.spec?.podCIDRs ?? (of.spec?.podCIDR ? [of.spec.podCIDR] : [])).join(",");
  if (cidrs(old) !== "" && cidrs(old) !== cidrs(node)) {
    errors.push(fieldError.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  const provider = old.spec?.providerID;
  if (provider && provider !== node.spec?.providerID) {
    errors.push(fieldError.forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

export const node: KindRules = {
  group: "",
  version: "v1",
  kind: "Node",
  nameRule: "dns1123-subdomain",
  setDefaults,
  // A node that introduces itself says at once what it is: its status is taken on creation, too.
  prepareForCreate: () => undefined,
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: (object) => validateNode(as<Node>(object)),
  validateUpdate: (object, old) => validateUpdate(as<Node>(object), as<Node>(old)),
  selectableFieldNames: ["spec.unschedulable"],
  selectableFields: (object) => ({ "spec.unschedulable": String(as<Node>(object).spec?.unschedulable ?? false) }),
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("Status", "Whether the node takes part."),
    column("Roles", "From its node-role labels."),
    ageColumn,
    column("Version", "The node agent's version."),
    column("Internal-IP", "Address inside the cluster.", { wide: true }),
    column("External-IP", "Address outside the cluster.", { wide: true }),
    column("OS-Image", "The operating system.", { wide: true }),
    column("Kernel-Version", "The kernel, and the machine's architecture.", { wide: true }),
    column("Container-Runtime", "The container runtime and its version.", { wide: true }),
  ],
  row,
};
