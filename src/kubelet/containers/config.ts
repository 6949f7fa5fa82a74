// The CRI configurations of a pod's sandbox and containers.
// Invariant: pure; labels carry the identity by which a restarted agent finds everything again.
// Called by: pods/actions.ts. Next on the way: the runtime.

import type { Container, Pod, SecurityContext } from "#api";
import type { ContainerConfig, DnsConfig, Mount, NamespaceOption, PodSandboxConfig, PortMapping } from "#cri";
import { annotationNames, definitionHash, labelNames } from "../pods/runtime.ts";
import type { KubeletSettings } from "../settings.ts";
import { podDns } from "./dns.ts";
import { expand } from "./expand.ts";
import { kernelHostname } from "./hostname.ts";
import { linuxResources } from "./resources.ts";

export function podLogDirectory(settings: KubeletSettings, pod: Pod): string {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  return `${settings.podLogsDirectory}/${namespace}_${name}_${uid}`;
}

export function podCgroup(settings: KubeletSettings, uid: string): string {
  return `${settings.cgroupParent}/pod${uid}`;
}

function identity(pod: Pod): Record<string, string> {
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  return { [labelNames.podName]: name, [labelNames.podNamespace]: namespace, [labelNames.podUid]: uid };
}

function namespaces(pod: Pod): NamespaceOption {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? {};
  return {
    network: hostNetwork ? "NODE" : "POD",
    pid: hostPID ? "NODE" : shareProcessNamespace ? "POD" : "CONTAINER",
    ipc: hostIPC ? "NODE" : "POD",
  };
}

function portMappings(pod: Pod): readonly PortMapping[] {
  if (pod.spec?.hostNetwork) return [];
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap((one) => one.ports ?? []);
  return all
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({
      protocol: (port.protocol ?? "TCP") as PortMapping["protocol"],
      containerPort: port.containerPort,
      hostPort: port.hostPort!,
      ...(port.hostIP === undefined ? {} : { hostIp: port.hostIP }),
    }));
}

/** `readHostDns`: what the node's own resolv.conf says, for the pods that need to know. */
export function sandboxConfig(pod: Pod, attempt: number, settings: KubeletSettings, readHostDns: () => DnsConfig): PodSandboxConfig {
  const { namespace = "", name = "", uid = "", labels, annotations } = pod.metadata;
  const security = pod.spec?.securityContext;
  const dnsConfig = podDns(pod, settings, readHostDns);
  const privileged = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some((one) => one.securityContext?.privileged);
  return {
    metadata: { name, namespace, uid, attempt },
    ...(pod.spec?.hostNetwork ? {} : { hostname: kernelHostname(pod, settings.clusterDomain) }),
    logDirectory: podLogDirectory(settings, pod),
    ...(dnsConfig ? { dnsConfig } : {}),
    portMappings: portMappings(pod),
    labels: { ...labels, ...identity(pod) },
    annotations: { ...annotations, [annotationNames.gracePeriod]: String(pod.spec?.terminationGracePeriodSeconds ?? 30) },
    linux: {
      cgroupParent: podCgroup(settings, uid),
      securityContext: {
        namespaceOptions: namespaces(pod),
        privileged,
        ...(security?.runAsUser === undefined ? {} : { runAsUser: { value: security.runAsUser } }),
        ...(security?.runAsUser === undefined || security.runAsGroup === undefined ? {} : { runAsGroup: { value: security.runAsGroup } }),
        supplementalGroups: groups(pod),
        seccomp: { profileType: "RuntimeDefault" },
      },
      sysctls: Object.fromEntries((security?.sysctls ?? []).map((one) => [one.name, one.value])),
    },
  };
}

function groups(pod: Pod): readonly number[] {
  const { fsGroup, supplementalGroups = [] } = pod.spec?.securityContext ?? {};
  return fsGroup === undefined ? supplementalGroups : [...supplementalGroups, fsGroup];
}

const maskedPaths = ["asound", "acpi", "interrupts", "kcore", "keys", "latency_stats", "timer_list", "timer_stats", "sched_debug", "scsi"]
  .map((name) => `/proc/${name}`)
  .concat("/sys/firmware", "/sys/devices/virtual/powercap");
const readonlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

type LinuxSecurity = NonNullable<NonNullable<ContainerConfig["linux"]>["securityContext"]>;

function security(pod: Pod, container: Container, targetId: string | undefined): LinuxSecurity {
  const own: SecurityContext = container.securityContext ?? {};
  const whole = pod.spec?.securityContext ?? {};
  const runAsUser = own.runAsUser ?? whole.runAsUser;
  const runAsGroup = own.runAsGroup ?? whole.runAsGroup;
  const seccomp = own.seccompProfile ?? whole.seccompProfile;
  const bare = own.privileged === true || own.procMount === "Unmasked";
  return {
    privileged: own.privileged ?? false,
    namespaceOptions: targetId === undefined ? namespaces(pod) : { ...namespaces(pod), pid: "TARGET", targetId },
    capabilities: { addCapabilities: own.capabilities?.add ?? [], dropCapabilities: own.capabilities?.drop ?? [] },
    ...(runAsUser === undefined ? {} : { runAsUser: { value: runAsUser } }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    supplementalGroups: groups(pod),
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: bare ? [] : maskedPaths,
    readonlyPaths: bare ? [] : readonlyPaths,
    seccomp: {
      profileType: seccomp?.type === "RuntimeDefault" || seccomp?.type === "Localhost" ? seccomp.type : "Unconfined",
      ...(seccomp?.localhostProfile === undefined ? {} : { localhostRef: seccomp.localhostProfile }),
    },
  };
}

export interface ContainerConfigInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  /** What the runtime calls the image. */
  readonly imageRef: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly settings: KubeletSettings;
  /** The container whose processes this one shares. */
  readonly targetId?: string;
}

export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, attempt, environment, settings } = input;
  const expanded = (words: readonly string[] | undefined): readonly string[] => (words ?? []).map((word) => expand(word, environment));
  return {
    metadata: { name: container.name, attempt },
    image: { image: input.imageRef, userSpecifiedImage: container.image ?? "" },
    command: expanded(container.command),
    args: expanded(container.args),
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    envs: [...environment].map(([key, value]) => ({ key, value })),
    mounts: input.mounts,
    labels: { ...identity(pod), [labelNames.containerName]: container.name },
    annotations: {
      [annotationNames.restartCount]: String(attempt),
      [annotationNames.hash]: definitionHash(container),
      [annotationNames.terminationMessagePath]: container.terminationMessagePath ?? "/dev/termination-log",
      [annotationNames.terminationMessagePolicy]: container.terminationMessagePolicy ?? "File",
      [annotationNames.gracePeriod]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    },
    logPath: `${container.name}/${attempt}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: linuxResources(pod, container, settings.machine.memoryBytes),
      securityContext: security(pod, container, input.targetId),
    },
  };
}
