// Whether this node takes a pod at all: the last look after the scheduler's, with upstream's reasons and words.
// Invariant: pure; a pod is looked at once, before anything of it exists, against those that were taken before it.
// Called by: worker.ts at a pod's first pass. Next on the way: a refusal becomes the pod's status: Failed, and why.

import { type Container, type Node, type Pod, Quantity, requiredNodeHolds, tolerates } from "#api";
import { own } from "#lib";

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

type Amounts = Readonly<Record<string, number>>;
const counted = ["cpu", "memory", "ephemeral-storage"] as const;

/** cpu in thousandths, the others whole. */
function amount(name: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const milli = Number(Quantity.parse(text).milli());
  return name === "cpu" ? milli : Math.ceil(milli / 1000);
}

const isSidecar = (container: Container): boolean => container.restartPolicy === "Always";

/** What a pod asks for: its containers and sidecars together, or the hungriest moment of its start. */
export function requestOf(pod: Pod, name: string): number {
  const of = (container: Container): number =>
    amount(name, own(container.resources?.requests, name) ?? own(container.resources?.limits, name));
  const { containers = [], initContainers = [], overhead } = pod.spec ?? {};
  let sidecars = 0;
  let most = 0;
  for (const container of initContainers) {
    if (isSidecar(container)) sidecars += of(container);
    most = Math.max(most, isSidecar(container) ? sidecars : sidecars + of(container));
  }
  const together = containers.reduce((sum, one) => sum + of(one), sidecars);
  return Math.max(together, most) + amount(name, own(overhead, name));
}

function resources(pod: Pod, others: readonly Pod[], node: Node): Refusal | undefined {
  const allocatable: Readonly<Record<string, string>> = node.status?.allocatable ?? {};
  const short = (name: string, requested: number, used: number, capacity: number): Refusal => ({
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const most = amount("pods", own(allocatable, "pods"));
  if (others.length + 1 > most) return short("pods", 1, others.length, most);
  const used: Amounts = Object.fromEntries(counted.map((name) => [name, others.reduce((sum, one) => sum + requestOf(one, name), 0)]));
  for (const name of counted) {
    const requested = requestOf(pod, name);
    const capacity = amount(name, own(allocatable, name));
    if (requested > 0 && requested > capacity - used[name]!) return short(name, requested, used[name]!, capacity);
  }
  return undefined;
}

const predicate = (name: string, why: string): Refusal => ({ reason: name, message: `Predicate ${name} failed: ${why}` });

export function wantsNode(pod: Pod, node: Node): boolean {
  const { name = "", labels } = node.metadata;
  return requiredNodeHolds(pod.spec, { name, labels });
}

interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

function hostPorts(pod: Pod): readonly HostPort[] {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers.filter(isSidecar)]
    .flatMap((one) => one.ports ?? [])
    .filter((one) => (one.hostPort ?? 0) > 0)
    .map((one) => ({ protocol: one.protocol ?? "TCP", ip: one.hostIP || "0.0.0.0", port: one.hostPort! }));
}

const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0");

/** Settings of a pod's own namespaces that cannot harm another pod; upstream's list for a kernel of 5 or later. */
const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  ...["ip_local_port_range", "tcp_syncookies", "ping_group_range", "ip_unprivileged_port_start", "ip_local_reserved_ports"].map(
    (name) => `net.ipv4.${name}`,
  ),
  ...["keepalive_time", "fin_timeout", "keepalive_intvl", "keepalive_probes", "rmem", "wmem"].map((name) => `net.ipv4.tcp_${name}`),
]);

function sysctls(pod: Pod): Refusal | undefined {
  const { hostNetwork, hostIPC, securityContext } = pod.spec ?? {};
  for (const { name } of securityContext?.sysctls ?? []) {
    const refused = (why: string): Refusal => ({ reason: "SysctlForbidden", message: `forbidden sysctl: "${name}" ${why}` });
    if (!safeSysctls.has(name)) return refused("not allowlisted");
    if (hostNetwork && name.startsWith("net.")) return refused("not allowed with host net enabled");
    if (hostIPC && !name.startsWith("net.")) return refused("not allowed with host ipc enabled");
  }
  return undefined;
}

/** undefined: the node takes the pod. */
export function refusal(pod: Pod, others: readonly Pod[], node: Node): Refusal | undefined {
  if (pod.spec?.os?.name !== undefined && pod.spec.os.name !== "linux")
    return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
  const lacking = resources(pod, others, node);
  if (lacking) return lacking;
  if (!wantsNode(pod, node)) return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  const taken = others.flatMap(hostPorts);
  if (hostPorts(pod).some((port) => taken.some((other) => clash(port, other))))
    return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  const fatal = (node.spec?.taints ?? []).filter((taint) => taint.effect === "NoExecute");
  if (fatal.some((taint) => !(pod.spec?.tolerations ?? []).some((one) => tolerates(one, taint))))
    return predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate");
  return sysctls(pod);
}
