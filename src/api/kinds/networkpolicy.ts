// NetworkPolicies, ServiceCIDRs and IPAddresses: who may talk to whom, and where addresses come from.
// Invariant: a policy without types is about what comes in, and about what goes out if it says anything of that.
// Called by: kinds/index.ts. Next on the way: network/, apiserver/allocation.

import { isIPv4, isIPv6 } from "node:net";
import type { ApiObject } from "../machinery/object.ts";
import type { IPAddress, IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, ServiceCIDR } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { formatLabelSelector } from "../meta/labels.ts";
import { portOrNameErrors, validateLabelSelector } from "./checks.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as, bumpGeneration, keep, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const group = "networking.k8s.io";
const protocols = ["TCP", "UDP", "SCTP"];
const types = ["Ingress", "Egress"];

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= most;
}

function portErrors({ protocol, port, endPort }: NetworkPolicyPort, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !protocols.includes(protocol))
    errors.push(fieldError.notSupported(`${field}.protocol`, protocol, protocols));
  if (port !== undefined) errors.push(...portOrNameErrors(`${field}.port`, port));
  if (endPort === undefined) return errors;
  if (port === undefined) errors.push(fieldError.invalid(`${field}.endPort`, endPort, "may not be specified when `port` is not specified"));
  else if (typeof port === "string")
    errors.push(fieldError.invalid(`${field}.endPort`, endPort, "may not be specified when `port` is non-numeric"));
  else if (endPort < port) errors.push(fieldError.invalid(`${field}.endPort`, port, "must be greater than or equal to `port`"));
  return errors;
}

const cidrText = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

function blockErrors({ cidr, except }: IPBlock, field: string): FieldError[] {
  if (!cidr) return [fieldError.required(`${field}.cidr`)];
  if (!isCidr(cidr)) return [fieldError.invalid(`${field}.cidr`, cidr, cidrText)];
  return (except ?? []).flatMap((one, i) => (isCidr(one) ? [] : [fieldError.invalid(`${field}.except[${i}]`, one, cidrText)]));
}

function peerErrors(peer: NetworkPolicyPeer, field: string): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const errors = [
    ...validateLabelSelector(`${field}.podSelector`, podSelector),
    ...validateLabelSelector(`${field}.namespaceSelector`, namespaceSelector),
    ...(ipBlock ? blockErrors(ipBlock, `${field}.ipBlock`) : []),
  ];
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(fieldError.required(field, "must specify a peer"));
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(fieldError.forbidden(field, "may not specify both ipBlock and another peer"));
  }
  return errors;
}

function validatePolicy(object: ApiObject): FieldError[] {
  const spec = as<NetworkPolicy>(object).spec;
  const errors = validateLabelSelector("spec.podSelector", spec?.podSelector);
  for (const [field, rules] of [
    ["ingress", (spec?.ingress ?? []).map(({ ports, from }) => ({ ports, peers: from, of: "from" }))],
    ["egress", (spec?.egress ?? []).map(({ ports, to }) => ({ ports, peers: to, of: "to" }))],
  ] as const) {
    rules.forEach(({ ports, peers, of }, i) => {
      (ports ?? []).forEach((port, j) => errors.push(...portErrors(port, `spec.${field}[${i}].ports[${j}]`)));
      (peers ?? []).forEach((peer, j) => errors.push(...peerErrors(peer, `spec.${field}[${i}].${of}[${j}]`)));
    });
  }
  const given = spec?.policyTypes ?? [];
  if (given.length > 2) return [...errors, fieldError.invalid("spec.policyTypes", given, "may not specify more than two policyTypes")];
  given.forEach((one, i) => {
    if (!types.includes(one)) errors.push(fieldError.notSupported(`spec.policyTypes[${i}]`, one, types));
  });
  return errors;
}

function defaultPolicy(object: ApiObject): void {
  const spec = as<NetworkPolicy>(object).spec;
  if (!spec) return;
  for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of ports ?? []) port.protocol ??= "TCP";
  if (spec.policyTypes?.length) return;
  spec.policyTypes = ["Ingress", ...((spec.egress?.length ?? 0) > 0 ? ["Egress"] : [])];
}

export const networkPolicy: KindRules = {
  group,
  version: "v1",
  kind: "NetworkPolicy",
  nameRule: "dns1123-subdomain",
  setDefaults: defaultPolicy,
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    const spec = (one: ApiObject): object | undefined => as<NetworkPolicy>(one).spec;
    bumpGeneration(object, old, !sameOnWire(spec(object), spec(old), "io.k8s.api.networking.v1.NetworkPolicySpec"));
  },
  validate: validatePolicy,
  validateUpdate: validatePolicy,
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Pod-Selector", "The pods it is about."), ageColumn],
  row: (object, nowMs) => {
    const { spec, metadata } = as<NetworkPolicy>(object);
    return { cells: [metadata?.name ?? "", formatLabelSelector(spec?.podSelector), age(metadata?.creationTimestamp, nowMs)] };
  },
};

export const serviceCidr: KindRules = {
  group,
  version: "v1",
  kind: "ServiceCIDR",
  nameRule: "dns1123-subdomain",
  prepareForCreate: (object) => {
    object["status"] = {};
  },
  prepareForUpdate: (object, old) => keep(object, old, "status"),
  prepareForStatusUpdate: (object, old) => keep(object, old, "spec"),
  validate: (object) => {
    const cidrs = as<ServiceCIDR>(object).spec?.cidrs ?? [];
    if (cidrs.length === 0) return [fieldError.required("spec.cidrs", "at least one CIDR required")];
    return cidrs.flatMap((one, i) => (isCidr(one) ? [] : [fieldError.invalid(`spec.cidrs[${i}]`, one, cidrText)]));
  },
  validateUpdate: (object, old) => {
    const [now, then] = [as<ServiceCIDR>(object).spec, as<ServiceCIDR>(old).spec];
    const same = sameOnWire(now, then, "io.k8s.api.networking.v1.ServiceCIDRSpec");
    return same ? [] : [fieldError.invalid("spec.cidrs[0]", now?.cidrs?.[0] ?? "", "field is immutable")];
  },
  columns: [nameColumn, column("CIDRs", "The ranges."), ageColumn],
  row: (object, nowMs) => {
    const cidrs = as<ServiceCIDR>(object).spec?.cidrs ?? [];
    return { cells: [object.metadata.name ?? "", cidrs.join(","), age(object.metadata.creationTimestamp, nowMs)] };
  },
};

function parentText({ spec }: IPAddress): string {
  const { group: parentGroup, resource, namespace, name } = spec?.parentRef ?? {};
  return [parentGroup, resource, namespace, name].filter((part) => part).join("/");
}

export const ipAddress: KindRules = {
  group,
  version: "v1",
  kind: "IPAddress",
  nameRule: "dns1123-subdomain",
  validate: (object) => {
    const name = object.metadata.name ?? "";
    const errors: FieldError[] = [];
    if (!isIPv4(name) && !isIPv6(name)) {
      errors.push(fieldError.invalid("metadata.name", name, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
    }
    const parent = as<IPAddress>(object).spec?.parentRef;
    if (!parent) return [...errors, fieldError.required("spec.parentRef")];
    if (!parent.resource) errors.push(fieldError.required("spec.parentRef.resource"));
    if (!parent.name) errors.push(fieldError.required("spec.parentRef.name"));
    return errors;
  },
  validateUpdate: (object, old) => {
    const [now, then] = [as<IPAddress>(object).spec, as<IPAddress>(old).spec];
    const same = sameOnWire(now, then, "io.k8s.api.networking.v1.IPAddressSpec");
    return same ? [] : [fieldError.invalid("spec.parentRef", now?.parentRef ?? null, "field is immutable")];
  },
  // Upstream gives a third cell without a column, and so do we.
  columns: [nameColumn, column("ParentRef", "Whose address it is.")],
  row: (object, nowMs) => ({
    cells: [object.metadata.name ?? "", parentText(as<IPAddress>(object)), age(object.metadata.creationTimestamp, nowMs)],
  }),
};
