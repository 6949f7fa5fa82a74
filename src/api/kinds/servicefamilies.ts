// Address families of a Service: which it asks for, which it gets, and what is refused in a cluster with IPv4 alone.
// Invariant: pure; fills ipFamilyPolicy and ipFamilies of the given object and answers what is wrong, in upstream's order and words.
// Called by: apiserver's allocation, before an address is taken. Next on the way: service.ts.
// Simplification: one family (IPv4) is configured; upstream can serve two.

import { isIPv4, isIPv6 } from "node:net";
import type { Service, ServiceSpec } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";

const families = ["IPv4", "IPv6"];
const policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const configured = "IPv4";
const familyOf = (address: string): string => (isIPv6(address) ? "IPv6" : "IPv4");
const headless = (spec: ServiceSpec): boolean => spec.clusterIP === "None";
const selectorless = (spec: ServiceSpec): boolean => Object.keys(spec.selector ?? {}).length === 0;
const sameList = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);

/** The two fields that say the same: an old client knows only `clusterIP`. */
export function normalizeClusterIps(service: Service, old: Service | undefined): void {
  const spec = (service.spec ??= {});
  if (!old?.spec) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.spec;
  if (before.clusterIPs?.length && !spec.clusterIPs?.length && (before.clusterIP ?? "") === (spec.clusterIP ?? "")) {
    spec.clusterIPs = [...before.clusterIPs];
  }
  if ((before.clusterIP ?? "") === (spec.clusterIP ?? "") || !sameList(before.clusterIPs, spec.clusterIPs)) return;
  if (before.clusterIP && !spec.clusterIP) delete spec.clusterIPs;
  else if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
}

function addressErrors(spec: ServiceSpec): { errors: FieldError[]; broken: boolean } {
  const errors: FieldError[] = [];
  const addresses = spec.clusterIPs ?? [];
  let broken = false;
  for (const [i, address] of addresses.entries()) {
    if (i === 0 && address === "None") {
      if (addresses.length === 1) continue;
      errors.push(fieldError.invalid("spec.clusterIPs", addresses, "'None' must be the first and only value"));
    } else if (isIPv4(address) || isIPv6(address)) continue;
    else errors.push(fieldError.invalid(`spec.clusterIPs[${i}]`, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
    broken = true;
  }
  if (addresses.length > 2) errors.push(fieldError.invalid("spec.clusterIPs", addresses, "may only hold up to 2 values"));
  return { errors, broken };
}

function fieldErrors(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const addresses = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (addresses.length === 0) errors.push(fieldError.required("spec.clusterIPs"));
    else if (addresses[0] !== spec.clusterIP) {
      errors.push(fieldError.invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`"));
    }
  } else if (addresses.length > 0) {
    errors.push(fieldError.invalid("spec.clusterIPs", addresses, "must be empty when `clusterIP` is not specified"));
  }
  const seen = new Set<string>();
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (!families.includes(family)) errors.push(fieldError.notSupported(`spec.ipFamilies[${i}]`, family, families));
    if (seen.has(family)) errors.push(fieldError.duplicate(`spec.ipFamilies[${i}]`, family));
    seen.add(family);
  }
  if (spec.ipFamilyPolicy !== undefined && !policies.includes(spec.ipFamilyPolicy)) {
    errors.push(fieldError.notSupported("spec.ipFamilyPolicy", spec.ipFamilyPolicy, policies));
  }
  const { errors: wrong, broken } = addressErrors(spec);
  errors.push(...wrong);
  if (broken) return errors;
  if (addresses.length > 1 && new Set(addresses.map(familyOf)).size < 2) {
    errors.push(fieldError.invalid("spec.clusterIPs", addresses, "may specify no more than one IP for each IP family"));
  }
  if (!headless(spec)) {
    for (const [i, address] of addresses.entries()) {
      const family = spec.ipFamilies?.[i];
      if (family === undefined || family === familyOf(address)) continue;
      const text = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
      errors.push(fieldError.invalid(`spec.clusterIPs[${i}]`, address, text));
    }
  }
  return errors;
}

function policyErrors(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const refuse = (what: string): FieldError =>
    fieldError.invalid(
      "spec.ipFamilyPolicy",
      "SingleStack",
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(spec.clusterIPs?.length === 2 ? [refuse("cluster IPs")] : []),
    ...(spec.ipFamilies?.length === 2 ? [refuse("IP families")] : []),
  ];
}

/** An address tells its family. */
function inferFamilies(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === "None") break;
    if (i < (spec.ipFamilies?.length ?? 0)) continue;
    if (familyOf(address) === configured) spec.ipFamilies = [...(spec.ipFamilies ?? []), configured];
    else
      errors.push(fieldError.invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, `${familyOf(address)} is not configured on this cluster`));
  }
  return errors;
}

function narrow(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.ipFamilyPolicy !== "SingleStack") return;
  if (sameList(before.clusterIPs, spec.clusterIPs) && (spec.clusterIPs?.length ?? 0) > 1) spec.clusterIPs = spec.clusterIPs!.slice(0, 1);
  if (sameList(before.ipFamilies, spec.ipFamilies) && (spec.ipFamilies?.length ?? 0) > 1) spec.ipFamilies = spec.ipFamilies!.slice(0, 1);
}

/** Fills in what the writer left open. Errors mean that nothing may be allocated. */
export function initIpFamilies(service: Service, old: Service | undefined): FieldError[] {
  const spec = (service.spec ??= {});
  if (spec.type === "ExternalName") return [];
  if (spec.ipFamilyPolicy === undefined) {
    if (old?.spec?.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = old.spec.ipFamilyPolicy;
    else spec.ipFamilyPolicy = headless(spec) && selectorless(spec) ? "RequireDualStack" : "SingleStack";
  }
  const wrong = fieldErrors(spec);
  if (wrong.length > 0) return wrong;
  if (old?.spec) narrow(spec, old.spec);
  const unfit = [...policyErrors(spec), ...inferFamilies(spec)];
  if (unfit.length > 0) return unfit;
  if (headless(spec) && selectorless(spec)) {
    if (!spec.ipFamilies?.length) spec.ipFamilies = [configured];
    if (spec.ipFamilies.length < 2 && spec.ipFamilyPolicy !== "SingleStack") {
      spec.ipFamilies = [spec.ipFamilies[0]!, spec.ipFamilies[0] === "IPv4" ? "IPv6" : "IPv4"];
    }
    return [];
  }
  const refused: FieldError[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack") {
    refused.push(fieldError.invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, "this cluster is not configured for dual-stack services"));
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (family !== configured) refused.push(fieldError.invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster"));
  }
  if (refused.length === 0 && !spec.ipFamilies?.length) spec.ipFamilies = [configured];
  return refused;
}
