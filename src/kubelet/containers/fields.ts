// The downward API: fields of a pod and resources of a container, as text.
// Invariant: pure; what it does not know it refuses by the field's path.
// Called by: env.ts, volumes/files.ts. Next on the way: env.ts.

import { type Container, type Pod, Quantity, type ResourceFieldSelector } from "#api";
import { own } from "#lib";
import type { NodeMachine } from "../settings.ts";

/** `key="value"` lines, sorted, with Go's quoting: the form of metadata.labels and metadata.annotations in a file. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map![key])}`)
    .join("\n");
}

export interface LivePodFields {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
}

export function podField(pod: Pod, fieldPath: string, live: LivePodFields): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript) return own(subscript[1] === "labels" ? pod.metadata.labels : pod.metadata.annotations, subscript[2]!) ?? "";
  switch (fieldPath) {
    case "metadata.name":
      return pod.metadata.name ?? "";
    case "metadata.namespace":
      return pod.metadata.namespace ?? "";
    case "metadata.uid":
      return pod.metadata.uid ?? "";
    case "metadata.labels":
      return mapText(pod.metadata.labels);
    case "metadata.annotations":
      return mapText(pod.metadata.annotations);
    case "spec.nodeName":
      return pod.spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "";
    case "status.hostIP":
      return live.hostIps[0] ?? "";
    case "status.hostIPs":
      return live.hostIps.join(",");
    case "status.podIP":
      return live.podIps[0] ?? "";
    case "status.podIPs":
      return live.podIps.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** A request or limit in units of `divisor`, rounded up. A limit that is not set is the node's whole. */
export function resourceField(container: Container, selector: ResourceFieldSelector, machine: NodeMachine): string {
  const [kind = "", name = ""] = selector.resource.split(".");
  const { requests, limits } = container.resources ?? {};
  const whole: Readonly<Record<string, string>> = { cpu: String(machine.cpus), memory: String(machine.memoryBytes) };
  const text = kind === "limits" ? (own(limits, name) ?? own(whole, name)) : own(requests, name);
  if (kind !== "limits" && kind !== "requests") throw new Error(`unsupported container resource : ${selector.resource}`);
  const divisor = Quantity.parse(selector.divisor === undefined || selector.divisor === "0" ? "1" : selector.divisor);
  if (text === undefined) return "0";
  return String(Math.ceil(Number(Quantity.parse(text).milli()) / Number(divisor.milli())));
}
