// Pods and their volumes: files that stay fresh, folders, sub paths, owners.
// Invariant: see case.ts.
// Called by: e2e/pods.e2e.ts. Next on the way: security.ts.

import type { Pod } from "#api";
import { configMap, forever, image, type PodCase, secret, sh, shell } from "./case.ts";

const at = (name: string, mountPath: string, more: object = {}) => ({ volumeMounts: [{ name, mountPath, ...more }] });
const map = (name: string, more: object = {}) => ({ volumes: [{ name: "v", configMap: { name, ...more } }] });
const empty = (source: object = {}) => ({ volumes: [{ name: "v", emptyDir: source }] });
const notReady = (pod: Pod): boolean => pod.status?.phase === "Pending" && pod.status.startTime !== undefined;

export const volumes: readonly PodCase[] = [
  {
    key: "vol-map",
    says: "a ConfigMap as files, text and bytes, each a link through ..data; nobody writes to it",
    objects: [{ ...configMap("vol-map", { a: "text" }), binaryData: { b: "AAH/" } }],
    spec: sh("cat /v/a; od -An -tx1 /v/b; readlink /v/a; touch /v/x 2>&1", at("v", "/v"), map("vol-map")),
    ends: "Failed",
    logs: "text 00 01 ff\n..data/a\ntouch: /v/x: Read-only file system\n",
  },
  {
    key: "vol-items",
    says: "chosen keys under other paths, with modes",
    objects: [configMap("vol-items", { a: "A", b: "B" })],
    spec: sh(
      "cd /v; find . -follow -type f ! -path './..*' | sort; stat -L -c %a deep/a b",
      at("v", "/v"),
      map("vol-items", {
        defaultMode: 0o440,
        items: [
          { key: "a", path: "deep/a", mode: 0o600 },
          { key: "b", path: "b" },
        ],
      }),
    ),
    ends: "Succeeded",
    logs: "./b\n./deep/a\n600\n440\n",
  },
  {
    key: "vol-optional",
    says: "an optional ConfigMap that is not there is an empty folder",
    spec: sh("ls /v | wc -l", at("v", "/v"), map("nope", { optional: true })),
    ends: "Succeeded",
    logs: "0\n",
  },
  {
    key: "vol-late",
    says: "a missing ConfigMap holds the pod, by name, until it is there",
    spec: sh("cat /v/a", at("v", "/v"), map("vol-late")),
    ends: notReady,
    events: [/^Warning FailedMount MountVolume\.SetUp failed for volume "v" : configmap "vol-late" not found$/],
    async afterwards({ kubectl, eventually, logs }) {
      await kubectl("create", "configmap", "vol-late", "--from-literal=a=there");
      await eventually("it ran", (pod) => pod?.status?.phase === "Succeeded");
      if ((await logs()) !== "there") throw new Error("its file says something else");
    },
  },
  {
    key: "vol-key",
    says: "a key that a ConfigMap lacks is named",
    objects: [configMap("vol-key", { a: "1" })],
    spec: sh("true", at("v", "/v"), map("vol-key", { items: [{ key: "nope", path: "x" }] })),
    ends: notReady,
    events: [/^Warning FailedMount MountVolume\.SetUp failed for volume "v" : configmap references non-existent config key: nope$/],
  },
  {
    key: "vol-secret",
    says: "a Secret as files with a mode",
    objects: [secret("vol-secret", { p: "s3cret" })],
    spec: sh("cat /v/p; stat -L -c ' %a' /v/p", at("v", "/v"), {
      volumes: [{ name: "v", secret: { secretName: "vol-secret", defaultMode: 0o400 } }],
    }),
    ends: "Succeeded",
    logs: "s3cret 400\n",
  },
  {
    key: "vol-fresh",
    says: "changes of a ConfigMap and a Secret arrive in running pods, keys come and go",
    objects: [configMap("vol-fresh", { a: "old", gone: "x" }), secret("vol-fresh", { s: "old" })],
    spec: {
      ...sh(
        "until grep -q new /m/a && grep -q new /s/s && test -e /m/added && ! test -e /m/gone; do sleep 0.1; done; ls /m; echo $(cat /m/a /s/s)",
        {
          volumeMounts: [
            { name: "m", mountPath: "/m" },
            { name: "s", mountPath: "/s" },
          ],
        },
        {
          volumes: [
            { name: "m", configMap: { name: "vol-fresh" } },
            { name: "s", secret: { secretName: "vol-fresh" } },
          ],
        },
      ),
    },
    ends: "Ready",
    async afterwards({ kubectl, eventually, logs }) {
      await kubectl("patch", "configmap", "vol-fresh", "-p", '{"data":{"a":"new","added":"1","gone":null}}');
      await kubectl("patch", "secret", "vol-fresh", "-p", '{"stringData":{"s":"new"}}');
      await eventually("the new files were seen", (pod) => pod?.status?.phase === "Succeeded");
      const seen = await logs();
      if (seen !== "a\nadded\nnew new\n" && seen !== "a\nadded\nnewnew\n") throw new Error(`saw ${JSON.stringify(seen)}`);
    },
  },
  {
    key: "vol-downward",
    says: "labels and resources as files; a changed label is there too",
    metadata: { labels: { watch: "dog" } },
    spec: sh(
      "cat /v/labels /v/cpu; until grep -q cat /v/labels; do sleep 0.1; done",
      { ...at("v", "/v"), resources: { limits: { cpu: "250m" } } },
      {
        volumes: [
          {
            name: "v",
            downwardAPI: {
              items: [
                { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
                { path: "cpu", resourceFieldRef: { containerName: "c", resource: "limits.cpu", divisor: "1m" } },
              ],
            },
          },
        ],
      },
    ),
    ends: "Ready",
    async afterwards({ kubectl, eventually, logs, key }) {
      await kubectl("label", "pod", key, "--overwrite", "watch=cat");
      await eventually("the new label was seen", (pod) => pod?.status?.phase === "Succeeded");
      if (!/^watch="dog"250$/.test(await logs())) throw new Error(await logs());
    },
  },
  {
    key: "vol-projected",
    says: "token, authority, namespace and files of several objects in one folder",
    objects: [configMap("vol-projected", { m: "map" }), secret("vol-projected", { s: "secret" })],
    spec: sh(
      "cd /v; grep -c '^ey.*[.]ey.*[.]' token; grep -c BEGIN ca.crt; cat namespace m sub/s; cat /var/run/secrets/kubernetes.io/serviceaccount/namespace",
      at("v", "/v"),
      {
        volumes: [
          {
            name: "v",
            projected: {
              sources: [
                { serviceAccountToken: { path: "token", expirationSeconds: 600, audience: "harbour" } },
                { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
                { configMap: { name: "vol-projected" } },
                { secret: { name: "vol-projected", items: [{ key: "s", path: "sub/s" }] } },
              ],
            },
          },
        ],
      },
    ),
    ends: "Succeeded",
    logs: "1\n1\npodsmapsecretpods",
  },
  {
    key: "vol-shared",
    says: "an emptyDir is shared by the containers of a pod",
    spec: {
      restartPolicy: "Never",
      containers: [
        shell("c", "until test -e /v/word; do sleep 0.1; done; cat /v/word", at("v", "/v")),
        shell("d", "echo from-d > /v/tmp; mv /v/tmp /v/word", at("v", "/v")),
      ],
      ...empty(),
    },
    ends: "Succeeded",
    logs: "from-d\n",
  },
  {
    key: "vol-memory",
    says: "an emptyDir in memory is a tmpfs of the size that was asked for",
    spec: sh(
      "grep ' /v ' /proc/mounts | cut -d' ' -f1-3; df -k /v | tail -1 | awk '{print $2}'",
      at("v", "/v"),
      empty({ medium: "Memory", sizeLimit: "8Mi" }),
    ),
    ends: "Succeeded",
    logs: "tmpfs /v tmpfs\n8192\n",
  },
  {
    key: "vol-survives",
    says: "an emptyDir outlives its container",
    spec: sh("if test -e /v/x; then echo again; else touch /v/x; exit 1; fi", at("v", "/v"), { restartPolicy: "OnFailure", ...empty() }),
    ends: "Succeeded",
    logs: "again\n",
  },
  {
    key: "vol-host",
    says: "a folder of the host, read only",
    spec: sh("test -e /h/passwd && echo seen; touch /h/x 2>&1 | grep -o 'Read-only.*'", at("v", "/h", { readOnly: true }), {
      volumes: [{ name: "v", hostPath: { path: "/etc", type: "Directory" } }],
    }),
    ends: "Succeeded",
    logs: "seen\nRead-only file system\n",
  },
  {
    key: "vol-host-type",
    says: "a hostPath of another kind than asked for is refused",
    spec: sh("true", at("v", "/h"), { volumes: [{ name: "v", hostPath: { path: "/etc/os-release", type: "Directory" } }] }),
    ends: notReady,
    events: [/^Warning FailedMount .* hostPath type check failed: \/etc\/os-release is not a directory$/],
  },
  {
    key: "vol-sub",
    says: "one key as one file, a folder of a volume, and a folder named by a variable",
    objects: [configMap("vol-sub", { conf: "setting=1" })],
    spec: sh(
      "cat /etc/app.conf; echo; echo x > /a/f; echo y > /b/f; cat /v/one/f /v/vol-sub/f",
      {
        env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        volumeMounts: [
          { name: "m", mountPath: "/etc/app.conf", subPath: "conf" },
          { name: "v", mountPath: "/a", subPath: "one" },
          { name: "v", mountPath: "/b", subPathExpr: "$(POD)" },
          { name: "v", mountPath: "/v" },
        ],
      },
      {
        volumes: [
          { name: "m", configMap: { name: "vol-sub" } },
          { name: "v", emptyDir: {} },
        ],
      },
    ),
    ends: "Succeeded",
    logs: "setting=1\nx\ny\n",
  },
  {
    key: "vol-escape",
    says: "a sub path that is a link out of its volume is refused",
    spec: {
      restartPolicy: "Never",
      initContainers: [shell("link", "ln -s /etc /v/out", at("v", "/v"))],
      containers: [shell("c", "ls /x", at("v", "/x", { subPath: "out" }))],
      ...empty(),
    },
    ends: (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError",
    events: [/^Warning Failed Error: subPath .* leaves its volume$/],
  },
  {
    key: "vol-fsgroup",
    says: "with fsGroup an emptyDir and a Secret belong to the group",
    objects: [secret("vol-fsgroup", { s: "x" })],
    spec: sh(
      "touch /e/f; stat -c '%g %a' /e; stat -c %g /e/f; stat -L -c '%g %a' /s/s; id -G; cat /s/s",
      {
        volumeMounts: [
          { name: "e", mountPath: "/e" },
          { name: "s", mountPath: "/s" },
        ],
      },
      {
        securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 },
        volumes: [
          { name: "e", emptyDir: {} },
          { name: "s", secret: { secretName: "vol-fsgroup", defaultMode: 0o400 } },
        ],
      },
    ),
    ends: "Succeeded",
    logs: "2000 2777\n2000\n2000 440\n3000 2000\nx",
  },
  {
    key: "vol-token",
    says: "the token of a pod that runs as one user is that user's alone",
    spec: sh(
      "cd /var/run/secrets/kubernetes.io/serviceaccount; stat -L -c '%u %a' token; wc -c < token | grep -vqx 0 && echo read",
      {},
      { securityContext: { runAsUser: 1234 } },
    ),
    ends: "Succeeded",
    logs: "1234 600\nread\n",
  },
  {
    key: "vol-unknown",
    says: "a kind of volume that is not there is refused by its name",
    spec: sh("true", at("v", "/v"), { volumes: [{ name: "v", nfs: { server: "192.0.2.9", path: "/" } }] }),
    ends: notReady,
    events: [/^Warning FailedMount .*volume kind nfs is not supported by dhow$/],
  },
  {
    key: "vol-empty-gone",
    says: "what a pod had on disk is gone when it is",
    spec: { containers: [{ name: "c", image, command: ["sh", "-c", forever], ...at("v", "/v") }], ...empty({ medium: "Memory" }) },
    ends: "Ready",
    async afterwards({ kubectl, key, pod }) {
      const { existsSync } = await import("node:fs");
      const folder = `${process.env["DHOW_E2E_NODE"]}/pods/${pod.metadata.uid}`;
      if (!existsSync(folder)) throw new Error(`${folder} is not there`);
      await kubectl("delete", "pod", key, "--grace-period=1");
      if (existsSync(folder)) throw new Error(`${folder} is still there`);
    },
  },
];
