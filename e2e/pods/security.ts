// Pods and who they are: users, groups, capabilities, namespaces of the host.
// Invariant: see case.ts.
// Called by: e2e/pods.e2e.ts. Next on the way: network.ts.

import { type PodCase, sh, shell, waiting, waitingMessage } from "./case.ts";

const forKey = (key: string): RegExp => new RegExp(`\\(pod: "${key}_pods\\([0-9a-f-]{36}\\)", container: c\\)$`);

export const security: readonly PodCase[] = [
  {
    key: "sec-user",
    says: "user, group and further groups of the pod",
    spec: sh("id -u; id -g; id -G", {}, { securityContext: { runAsUser: 1000, runAsGroup: 2000, supplementalGroups: [3000, 4000] } }),
    ends: "Succeeded",
    logs: "1000\n2000\n2000 3000 4000\n",
  },
  {
    key: "sec-own-user",
    says: "a container's own user wins",
    spec: sh(
      "id -u; id -g",
      { securityContext: { runAsUser: 7, runAsGroup: 8 } },
      { securityContext: { runAsUser: 1000, runAsGroup: 2000 } },
    ),
    ends: "Succeeded",
    logs: "7\n8\n",
  },
  {
    key: "sec-nonroot",
    says: "an image that runs as root is not started where that is forbidden",
    spec: sh("id", {}, { securityContext: { runAsNonRoot: true } }),
    ends: waiting("CreateContainerConfigError"),
    sees: [
      ["message", (pod) => String(waitingMessage(pod)).startsWith("container has runAsNonRoot and image will run as root "), true],
      ["pod and container", (pod) => forKey("sec-nonroot").test(String(waitingMessage(pod))), true],
    ],
  },
  {
    key: "sec-nonroot-zero",
    says: "asking for user 0 where root is forbidden",
    spec: sh("id", { securityContext: { runAsUser: 0, runAsNonRoot: true } }),
    ends: waiting("CreateContainerConfigError"),
    sees: [["message", (pod) => String(waitingMessage(pod)).startsWith("container's runAsUser breaks non-root policy "), true]],
  },
  {
    key: "sec-nonroot-ok",
    says: "with a user of its own it starts",
    spec: sh("id -u", { securityContext: { runAsUser: 5, runAsNonRoot: true } }),
    ends: "Succeeded",
    logs: "5\n",
  },
  {
    key: "sec-read-only",
    says: "a root that cannot be written; volumes still can",
    spec: sh(
      "touch /x 2>&1; touch /v/x && echo volume",
      { securityContext: { readOnlyRootFilesystem: true }, volumeMounts: [{ name: "v", mountPath: "/v" }] },
      { volumes: [{ name: "v", emptyDir: {} }] },
    ),
    ends: "Succeeded",
    logs: "touch: /x: Read-only file system\nvolume\n",
  },
  {
    key: "sec-drop",
    says: "all capabilities dropped but one",
    spec: sh("grep CapEff /proc/self/status | cut -f2", { securityContext: { capabilities: { drop: ["ALL"], add: ["CHOWN"] } } }),
    ends: "Succeeded",
    logs: "0000000000000001\n",
  },
  {
    key: "sec-add",
    says: "NET_ADMIN added: interfaces can be made",
    spec: sh("ip addr add 192.0.2.77/32 dev lo && echo made", { securityContext: { capabilities: { add: ["NET_ADMIN"] } } }),
    ends: "Succeeded",
    logs: "made\n",
  },
  {
    key: "sec-default-caps",
    says: "without it they cannot",
    spec: sh("ip addr add 192.0.2.77/32 dev lo 2>&1 | grep -o 'Operation not permitted'"),
    ends: "Succeeded",
    logs: "Operation not permitted\n",
  },
  {
    key: "sec-privileged",
    says: "a privileged container sees the host's devices and may mount",
    spec: sh("mkdir /m; mount -t tmpfs t /m && echo mounted; test -e /dev/kmsg && echo devices", { securityContext: { privileged: true } }),
    ends: "Succeeded",
    logs: "mounted\ndevices\n",
  },
  {
    key: "sec-no-new",
    says: "no privileges beyond those at the start",
    spec: sh("grep NoNewPrivs /proc/self/status | cut -f2", { securityContext: { allowPrivilegeEscalation: false } }),
    ends: "Succeeded",
    logs: "1\n",
  },
  {
    key: "sec-seccomp",
    says: "the runtime's seccomp profile, where it is asked for",
    spec: sh("grep ^Seccomp: /proc/self/status | cut -f2", {}, { securityContext: { seccompProfile: { type: "RuntimeDefault" } } }),
    ends: "Succeeded",
    logs: "2\n",
  },
  {
    key: "sec-masked",
    says: "what a container may not see of the kernel is covered",
    spec: sh("wc -c < /proc/timer_list; echo 1 > /proc/sys/kernel/panic || echo refused"),
    ends: "Succeeded",
    logs: /^0$.*^refused$/ms,
  },
  {
    key: "sec-sysctl",
    says: "a safe sysctl of the pod's own network",
    spec: sh(
      "cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
      {},
      {
        securityContext: { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "80" }] },
      },
    ),
    ends: "Succeeded",
    logs: "80\n",
  },
  {
    key: "sec-host-pid",
    says: "hostPID shows the host's processes",
    spec: sh('ls -d /proc/[0-9]* 2>/dev/null | wc -l | awk \'{print ($1 > 20) ? "many" : "few"}\'', {}, { hostPID: true }),
    ends: "Succeeded",
    logs: "many\n",
  },
  {
    key: "sec-own-pid",
    says: "by default a container's first process is its own",
    spec: sh('readlink /proc/1/exe; ls -d /proc/[0-9]* | wc -l | awk \'{print ($1 < 20) ? "few" : "many"}\''),
    ends: "Succeeded",
    logs: "/bin/busybox\nfew\n",
  },
  {
    key: "sec-share-pid",
    says: "shareProcessNamespace: containers see each other, and the pause process first",
    spec: {
      restartPolicy: "Never",
      shareProcessNamespace: true,
      containers: [
        shell("c", "tr -d '\\000' < /proc/1/cmdline; echo; until grep -qs marker /proc/[0-9]*/cmdline; do sleep 0.1; done; echo seen"),
        shell("d", "sleep 8; : marker"),
      ],
    },
    ends: (pod) => pod.status?.containerStatuses?.[0]?.state?.terminated !== undefined,
    logs: "/pause\nseen\n",
  },
  {
    key: "sec-host-ipc",
    says: "hostIPC: shared memory is the host's",
    spec: sh("touch /dev/shm/dhow-e2e-ipc && echo made", {}, { hostIPC: true }),
    ends: "Succeeded",
    logs: "made\n",
    async afterwards() {
      const { rmSync } = await import("node:fs");
      rmSync("/dev/shm/dhow-e2e-ipc");
    },
  },
];
