// What is odd in containers though it is allowed: names defined twice, ports that get in each other's way, parts of bytes.
// Invariant: init containers first, then containers, then ephemeral ones; texts are upstream's.
// Called by: podspec.ts. Next on the way: podspec.ts.

import { own } from "#lib";
import type { Container, ContainerPort, ObjectMeta, PodSpec } from "../../machinery/types.gen.ts";
import { Quantity } from "../../meta/quantity.ts";

interface Placed {
  readonly container: Container;
  readonly field: string;
}

function placed(spec: PodSpec, field: string): Placed[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    ((spec[list] ?? []) as Container[]).map((container, i) => ({ container, field: `${field}.${list}[${i}]` })),
  );
}

export function fractionWarning(field: string, text: string | undefined): string[] {
  if (text === undefined) return [];
  let amount: Quantity;
  try {
    amount = Quantity.parse(text);
  } catch {
    return [];
  }
  return amount.isInteger ? [] : [`${field}: fractional byte value ${JSON.stringify(amount.toString())} is invalid, must be an integer`];
}

function envWarnings({ env = [] }: Container, field: string): string[] {
  if (env.length < 2) return [];
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, i) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const reference = `$(${name})`;
    const builds = valueFrom === undefined && value !== reference && value.includes(reference);
    if (builds) return [];
    return [`${field}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
  });
}

function perContainer({ container, field }: Placed, { annotations }: ObjectMeta, metaField: string, isTemplate: boolean): string[] {
  const { name, securityContext, resources } = container;
  const warnings: string[] = [];
  const annotated = (key: string, text: string): void => {
    if (own(annotations, key) !== undefined) warnings.push(`${metaField}.annotations[${key}]: ${text}`);
  };
  if (!securityContext?.seccompProfile)
    annotated(`container.seccomp.security.alpha.kubernetes.io/${name}`, 'non-functional in v1.27+; use the "seccompProfile" field instead');
  if (isTemplate && !securityContext?.appArmorProfile)
    annotated(`container.apparmor.security.beta.kubernetes.io/${name}`, 'deprecated since v1.30; use the "appArmorProfile" field instead');
  for (const resource of ["memory", "ephemeral-storage"])
    for (const list of ["limits", "requests"] as const) {
      const amount = own(resources?.[list], resource);
      if (amount !== undefined) warnings.push(...fractionWarning(`${field}.resources.${list}[${resource}]`, amount));
    }
  return [...warnings, ...envWarnings(container, field)];
}

interface Block {
  readonly field: string;
  readonly port: ContainerPort;
}

/** Two definitions of one port and protocol, as they get along. */
function clash({ hostIP: ip = "", hostPort: host = 0 }: ContainerPort, other: Block): string | undefined {
  const { hostIP: otherIp = "", hostPort: otherHost = 0 } = other.port;
  if (ip === otherIp && host === otherHost) return "duplicate port definition";
  if (host === 0 || otherHost === 0) return "overlapping port definition";
  return host === otherHost && (ip === "") !== (otherIp === "") ? "dangerously ambiguous port definition" : undefined;
}

/** As Go prints a struct. */
function struct({ name = "", hostPort = 0, containerPort, protocol = "", hostIP = "" }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

function portWarnings(all: readonly Placed[]): string[] {
  const blocks = all.flatMap(({ container, field }) => (container.ports ?? []).map((port, i) => ({ field: `${field}.ports[${i}]`, port })));
  if (blocks.length === 0) return [];
  const byNumber = new Map<string, Block[]>();
  const warnings: string[] = [];
  for (const { field, port } of blocks) {
    if (port.hostIP && !port.hostPort) warnings.push(`${field}: hostIP set without hostPort: ${struct(port)}`);
    const key = `${port.containerPort}/${port.protocol}`;
    const others = byNumber.get(key) ?? [];
    for (const other of others) {
      const text = clash(port, other);
      if (text !== undefined) warnings.push(`${field}: ${text} with ${other.field}`);
    }
    byNumber.set(key, [...others, { field, port }]);
  }
  const byName = new Map<string, string>();
  for (const { field, port } of blocks) {
    if (!port.name) continue;
    const other = byName.get(port.name);
    if (other === undefined) byName.set(port.name, field);
    else {
      const chosen = `services and probes that select ports by name will use ${other}`;
      warnings.push(`${field}: duplicate port name ${JSON.stringify(port.name)} with ${other}, ${chosen}`);
    }
  }
  return warnings;
}

/** `prefix`: where the template stands; empty for a pod. */
export function containerWarnings(spec: PodSpec, meta: ObjectMeta, prefix: string): string[] {
  const all = placed(spec, `${prefix}spec`);
  return [...all.flatMap((one) => perContainer(one, meta, `${prefix}metadata`, prefix !== "")), ...portWarnings(all)];
}
