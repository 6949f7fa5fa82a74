// Pods and their node: probes, images, resources, and what a node does not take.
// Invariant: see case.ts. Texts are upstream's.
// Called by: e2e/pods.e2e.ts. Next on the way: run.ts.

import type { Pod } from "#api";
import { ended, forever, image, type PodCase, sh, shell, state, waiting, waitingMessage } from "./case.ts";

const probe = { periodSeconds: 1, timeoutSeconds: 1 };
const web = (more: object): PodCase["spec"] => ({
  terminationGracePeriodSeconds: 1,
  containers: [
    shell("c", "mkdir /www; echo ok > /www/ok; exec httpd -f -p 8080 -h /www", { ports: [{ name: "web", containerPort: 8080 }], ...more }),
  ],
});
/** The first group that exists of those of cgroup versions 1 and 2. */
const group = (...files: readonly string[]): string =>
  `cat ${files.map((file) => `/sys/fs/cgroup/${file}`).join(" ")} 2>/dev/null | tr '\\n' ' '`;
const started = (pod: Pod): boolean => pod.status?.phase === "Running";

export const probes: readonly PodCase[] = [
  {
    key: "probe-exec",
    says: "not ready until its command succeeds",
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        // The second try begins when the first has failed, however slow the machine is.
        shell("c", `until [ "$(cat /tmp/tries 2>/dev/null | wc -l)" -ge 2 ]; do sleep 0.2; done; touch /tmp/ok; ${forever}`, {
          readinessProbe: { ...probe, exec: { command: ["sh", "-c", "echo >>/tmp/tries; cat /tmp/ok"] } },
        }),
      ],
    },
    ends: "Ready",
    events: [/^Warning Unhealthy Readiness probe failed: cat: can't open '\/tmp\/ok': No such file or directory/],
  },
  {
    key: "probe-http",
    says: "an HTTP probe by the port's name",
    spec: web({ readinessProbe: { ...probe, httpGet: { path: "/ok", port: "web" } } }),
    ends: "Ready",
  },
  {
    key: "probe-http-404",
    says: "an HTTP probe that is refused says with which status",
    spec: web({ readinessProbe: { ...probe, httpGet: { path: "/nope", port: 8080 } } }),
    ends: started,
    events: [/^Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 404$/],
  },
  { key: "probe-tcp", says: "a TCP probe", spec: web({ readinessProbe: { ...probe, tcpSocket: { port: 8080 } } }), ends: "Ready" },
  {
    key: "probe-grpc",
    says: "a gRPC probe of what does not speak it",
    spec: web({ readinessProbe: { ...probe, grpc: { port: 9090 } } }),
    ends: started,
    events: [
      /^Warning Unhealthy Readiness probe failed: timeout: failed to connect service "10\.2\d\d\.0\.\d+:9090" within 1s: context deadline exceeded$/,
    ],
  },
  {
    key: "probe-live",
    says: "a container whose liveness probe fails is ended and started again",
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [shell("c", forever, { livenessProbe: { ...probe, failureThreshold: 2, exec: { command: ["false"] } } })],
    },
    ends: (pod) => (state(pod)?.restartCount ?? 0) >= 1,
    events: [/^Warning Unhealthy Liveness probe failed: /, /^Normal Killing Container c failed liveness probe, will be restarted$/],
  },
  {
    key: "probe-startup",
    says: "liveness waits for the startup probe",
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        shell("c", `sleep 2; touch /tmp/ok; ${forever}`, {
          startupProbe: { ...probe, failureThreshold: 30, exec: { command: ["test", "-e", "/tmp/ok"] } },
          livenessProbe: { ...probe, failureThreshold: 1, exec: { command: ["test", "-e", "/tmp/ok"] } },
        }),
      ],
    },
    ends: "Ready",
    sees: [["restarts", (pod) => state(pod)?.restartCount, 0]],
  },
];

export const images: readonly PodCase[] = [
  {
    key: "img-present",
    says: "an image that is there is not pulled",
    spec: sh("true"),
    ends: "Succeeded",
    events: [/^Normal Pulled Container image "dhow\.local\/busybox:1" already present on machine and can be accessed by the pod$/],
  },
  {
    key: "img-never",
    says: "Never: an image that is not there is not pulled either",
    spec: sh("true", { image: "dhow.local/nope:1", imagePullPolicy: "Never" }),
    ends: waiting("ErrImageNeverPull"),
    sees: [["message", waitingMessage, 'Container image "dhow.local/nope:1" is not present with pull policy of Never']],
  },
  {
    key: "img-pull",
    says: "a registry that does not answer: ErrImagePull, then a back-off",
    spec: sh("true", { image: "127.0.0.1:9/nope:1" }),
    ends: waiting("ImagePullBackOff"),
    events: [
      /^Normal Pulling Pulling image "127\.0\.0\.1:9\/nope:1"$/,
      /^Warning Failed Error: ErrImagePull$/,
      /^Normal BackOff Back-off pulling image "127\.0\.0\.1:9\/nope:1"$/,
    ],
  },
  {
    key: "img-name",
    says: "what cannot be an image's name is said so",
    spec: sh("true", { image: "Not/An Image" }),
    ends: waiting("InvalidImageName"),
    events: [
      /^Warning InspectFailed Failed to apply default image tag "Not\/An Image": couldn't parse image name "Not\/An Image": invalid reference format$/,
    ],
  },
];

export const resources: readonly PodCase[] = [
  {
    key: "res-limits",
    says: "limits and requests reach the kernel",
    spec: sh(
      `${group("memory/memory.limit_in_bytes", "memory.max")}; ${group("cpu/cpu.cfs_quota_us", "cpu.max")}; ${group("cpu/cpu.shares", "cpu.weight")}`,
      {
        resources: { limits: { cpu: "500m", memory: "32Mi" }, requests: { cpu: "250m", memory: "16Mi" } },
      },
    ),
    ends: "Succeeded",
    logs: /^33554432 50000 (100000 )?(256|10) $/,
    sees: [["class", (pod) => pod.status?.qosClass, "Burstable"]],
  },
  {
    key: "res-oom",
    says: "who takes more memory than allowed is killed, by that name",
    spec: sh("x=a; while :; do x=$x$x; done", { resources: { limits: { memory: "16Mi" } } }),
    ends: "Failed",
    sees: [
      ["reason", (pod) => ended(pod)?.reason, "OOMKilled"],
      ["exit code", (pod) => ended(pod)?.exitCode, 137],
    ],
  },
  {
    key: "res-best-effort",
    says: "who asks for nothing is killed first",
    spec: sh("cat /proc/self/oom_score_adj"),
    ends: "Succeeded",
    logs: "1000\n",
    sees: [["class", (pod) => pod.status?.qosClass, "BestEffort"]],
  },
  {
    key: "res-guaranteed",
    says: "who asks for exactly its limits is guaranteed them",
    spec: sh("true", { resources: { limits: { cpu: "100m", memory: "16Mi" } } }),
    ends: "Succeeded",
    sees: [["class", (pod) => pod.status?.qosClass, "Guaranteed"]],
  },
  {
    key: "adm-cpu",
    says: "a pod that was bound to a node too small for it is refused",
    spec: { nodeName: "pods-1", containers: [{ name: "c", image, resources: { requests: { cpu: "500" } } }] },
    ends: "Failed",
    sees: [
      ["reason", (pod) => pod.status?.reason, "OutOfcpu"],
      [
        "message",
        (pod) =>
          /^Pod was rejected: Node didn't have enough resource: cpu, requested: 500000, used: \d+, capacity: \d+000$/.test(
            pod.status?.message ?? "",
          ),
        true,
      ],
    ],
    events: [/^Warning OutOfcpu Node didn't have enough resource: cpu, requested: 500000,/],
  },
  {
    key: "adm-memory",
    says: "too little memory",
    spec: { nodeName: "pods-1", containers: [{ name: "c", image, resources: { requests: { memory: "9Ti" } } }] },
    ends: "Failed",
    sees: [["reason", (pod) => pod.status?.reason, "OutOfmemory"]],
  },
  {
    key: "adm-selector",
    says: "a pod that was bound to a node it does not want",
    spec: { nodeName: "pods-1", nodeSelector: { sea: "red" }, containers: [{ name: "c", image }] },
    ends: "Failed",
    sees: [
      ["reason", (pod) => pod.status?.reason, "NodeAffinity"],
      [
        "message",
        (pod) => pod.status?.message,
        "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      ],
    ],
  },
];
