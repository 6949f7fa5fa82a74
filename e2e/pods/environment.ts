// Pods and their environment: values, references, expansion, Services.
// Invariant: see case.ts. Texts are upstream's.
// Called by: e2e/pods.e2e.ts. Next on the way: volumes.ts.

import { configMap, type PodCase, secret, sh, waiting, waitingMessage } from "./case.ts";

export const environment: readonly PodCase[] = [
  {
    key: "env-expand",
    says: "values are expanded in their order; $$ is a dollar, an unknown name stays",
    spec: sh('echo "$A|$B|$C|$D|$E"', {
      env: [
        { name: "B", value: "$(A)-early" },
        { name: "A", value: "1" },
        { name: "C", value: "$(A)-late" },
        { name: "D", value: "$$(A)" },
        { name: "E", value: "$(NOBODY)" },
      ],
    }),
    ends: "Succeeded",
    logs: "1|$(A)-early|1-late|$(A)|$(NOBODY)\n",
  },
  {
    key: "env-args",
    says: "command and arguments are expanded",
    spec: sh("", { command: ["echo", "$(WORD)"], args: ["$$(WORD)", "$(NOBODY)"], env: [{ name: "WORD", value: "ahoy" }] }),
    ends: "Succeeded",
    logs: "ahoy $(WORD) $(NOBODY)\n",
  },
  {
    key: "env-refs",
    says: "single keys of a ConfigMap and a Secret; optional ones that are missing are left out",
    objects: [configMap("env-refs", { a: "from-map" }), secret("env-refs", { b: "from-secret" })],
    spec: sh('echo "$A $B ${C-unset} ${D-unset}"', {
      env: [
        { name: "A", valueFrom: { configMapKeyRef: { name: "env-refs", key: "a" } } },
        { name: "B", valueFrom: { secretKeyRef: { name: "env-refs", key: "b" } } },
        { name: "C", valueFrom: { configMapKeyRef: { name: "env-refs", key: "nope", optional: true } } },
        { name: "D", valueFrom: { secretKeyRef: { name: "nope", key: "b", optional: true } } },
      ],
    }),
    ends: "Succeeded",
    logs: "from-map from-secret unset unset\n",
  },
  {
    key: "env-no-map",
    says: "a missing ConfigMap is a CreateContainerConfigError until it is there",
    spec: sh('echo "$A"', { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "env-no-map", key: "a" } } }] }),
    ends: waiting("CreateContainerConfigError"),
    sees: [["message", waitingMessage, 'configmap "env-no-map" not found']],
    events: [/^Warning Failed Error: configmap "env-no-map" not found$/],
  },
  {
    key: "env-no-key",
    says: "a missing key is named with its object",
    objects: [secret("env-no-key", { a: "1" })],
    spec: sh("true", { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "env-no-key", key: "nope" } } }] }),
    ends: waiting("CreateContainerConfigError"),
    sees: [["message", waitingMessage, "couldn't find key nope in Secret pods/env-no-key"]],
  },
  {
    key: "env-from",
    says: "whole ConfigMaps and Secrets, with a prefix; a variable of its own wins, odd names are kept",
    objects: [configMap("env-from", { A: "map", B: "map", "odd-name.x": "odd" }), secret("env-from", { A: "secret", C: "secret" })],
    spec: sh('echo "$A $B $P_C $OWN"; tr "\\\\0" "\\\\n" < /proc/1/environ | grep odd', {
      envFrom: [{ configMapRef: { name: "env-from" } }, { prefix: "P_", secretRef: { name: "env-from" } }],
      env: [
        { name: "B", value: "own" },
        { name: "OWN", value: "$(P_A)" },
      ],
    }),
    ends: "Succeeded",
    logs: "map own secret secret\nodd-name.x=odd\n",
  },
  {
    key: "env-fields",
    says: "fields of the pod",
    metadata: { labels: { role: "crew" }, annotations: { "example.com/port": "Muscat" } },
    spec: sh('echo "$NAME $NS $SA $NODE $LABEL $NOTE"; test "$IP" = "$(hostname -i)" && test -n "$HOST" && test -n "$UID_" && echo same', {
      env: [
        ["NAME", "metadata.name"],
        ["NS", "metadata.namespace"],
        ["SA", "spec.serviceAccountName"],
        ["NODE", "spec.nodeName"],
        ["LABEL", "metadata.labels['role']"],
        ["NOTE", "metadata.annotations['example.com/port']"],
        ["IP", "status.podIP"],
        ["HOST", "status.hostIP"],
        ["UID_", "metadata.uid"],
      ].map(([name, fieldPath]) => ({ name: name!, valueFrom: { fieldRef: { fieldPath: fieldPath! } } })),
    }),
    ends: "Succeeded",
    logs: "env-fields pods default pods-1 crew Muscat\nsame\n",
  },
  {
    key: "env-resources",
    says: "requests and limits, in the unit that is asked for, rounded up",
    spec: sh('echo "$CPU $MILLI $MEM $REQ"', {
      resources: { limits: { cpu: "1500m", memory: "64Mi" }, requests: { cpu: "250m", memory: "32Mi" } },
      env: [
        ["CPU", "limits.cpu", "1"],
        ["MILLI", "limits.cpu", "1m"],
        ["MEM", "limits.memory", "1Mi"],
        ["REQ", "requests.memory", "1"],
      ].map(([name, resource, divisor]) => ({
        name: name!,
        valueFrom: { resourceFieldRef: { resource: resource!, divisor: divisor! } },
      })),
    }),
    ends: "Succeeded",
    logs: "2 1500 64 33554432\n",
  },
  {
    key: "env-services",
    says: "Services of the namespace and the cluster's own are told as variables",
    objects: [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "env-services" },
        spec: {
          clusterIP: "10.96.7.7",
          ports: [
            { name: "web-x", port: 80 },
            { name: "dns", port: 53, protocol: "UDP" },
          ],
        },
      },
    ],
    spec: sh("env | grep -E '^(ENV_SERVICES|KUBERNETES_SERVICE)_' | sort"),
    ends: "Succeeded",
    logs: `ENV_SERVICES_PORT=tcp://10.96.7.7:80
ENV_SERVICES_PORT_53_UDP=udp://10.96.7.7:53
ENV_SERVICES_PORT_53_UDP_ADDR=10.96.7.7
ENV_SERVICES_PORT_53_UDP_PORT=53
ENV_SERVICES_PORT_53_UDP_PROTO=udp
ENV_SERVICES_PORT_80_TCP=tcp://10.96.7.7:80
ENV_SERVICES_PORT_80_TCP_ADDR=10.96.7.7
ENV_SERVICES_PORT_80_TCP_PORT=80
ENV_SERVICES_PORT_80_TCP_PROTO=tcp
ENV_SERVICES_SERVICE_HOST=10.96.7.7
ENV_SERVICES_SERVICE_PORT=80
ENV_SERVICES_SERVICE_PORT_DNS=53
ENV_SERVICES_SERVICE_PORT_WEB_X=80
KUBERNETES_SERVICE_HOST=10.96.0.1
KUBERNETES_SERVICE_PORT=443
KUBERNETES_SERVICE_PORT_HTTPS=443
`,
  },
  {
    key: "env-no-links",
    says: "without service links only the cluster's own Service is told",
    objects: [
      { apiVersion: "v1", kind: "Service", metadata: { name: "env-no-links" }, spec: { clusterIP: "10.96.7.8", ports: [{ port: 80 }] } },
    ],
    spec: sh("env | grep -c ENV_NO_LINKS; echo $KUBERNETES_SERVICE_HOST", {}, { enableServiceLinks: false }),
    ends: "Succeeded",
    logs: "0\n10.96.0.1\n",
  },
];
