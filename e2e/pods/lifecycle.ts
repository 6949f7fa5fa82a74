// Pods from start to end: init containers, sidecars, restarts, hooks, deadlines, last words.
// Invariant: see case.ts. Texts are upstream's.
// Called by: e2e/pods.e2e.ts. Next on the way: probes.ts.

import { ended, forever, type PodCase, sh, shell, state, waiting } from "./case.ts";

const shared = { volumes: [{ name: "v", emptyDir: {} }] };
const v = { volumeMounts: [{ name: "v", mountPath: "/v" }] };
const sidecar = (name: string, script: string, more: object = {}) => ({
  ...shell(name, script, { ...v, ...more }),
  restartPolicy: "Always",
});
/** Writes to a folder that outlives the pod. */
const hostLog = (key: string) => ({
  volumes: [{ name: "v", hostPath: { path: `${process.env["DHOW_E2E_NODE"]}/e2e-${key}`, type: "DirectoryOrCreate" } }],
});

async function hostText(key: string): Promise<string> {
  const { readFileSync } = await import("node:fs");
  return readFileSync(`${process.env["DHOW_E2E_NODE"]}/e2e-${key}/log`, "utf8");
}

export const lifecycle: readonly PodCase[] = [
  {
    key: "run-init",
    says: "init containers run one after the other, before all others",
    spec: {
      restartPolicy: "Never",
      initContainers: [shell("one", "sleep 0.3; echo one >> /v/log", v), shell("two", "echo two >> /v/log", v)],
      containers: [shell("c", "cat /v/log", v)],
      ...shared,
    },
    ends: "Succeeded",
    logs: "one\ntwo\n",
    sees: [["reason", (pod) => ended(pod, "one")?.reason, "Completed"]],
  },
  {
    key: "run-init-fails",
    says: "a failing init container ends a pod that is never restarted",
    spec: { restartPolicy: "Never", initContainers: [shell("one", "exit 4")], containers: [shell("c", "echo never")] },
    ends: "Failed",
    sees: [
      ["exit code", (pod) => ended(pod, "one")?.exitCode, 4],
      ["the container never ran", (pod) => state(pod)?.state?.waiting?.reason, "PodInitializing"],
    ],
  },
  {
    key: "run-init-again",
    says: "a failing init container is tried again",
    spec: {
      restartPolicy: "OnFailure",
      initContainers: [shell("one", "test -e /v/x && exit 0; touch /v/x; exit 1", v)],
      containers: [shell("c", "echo then", v)],
      ...shared,
    },
    ends: "Succeeded",
    logs: "then\n",
    sees: [["restarts", (pod) => state(pod, "one")?.restartCount, 1]],
  },
  {
    key: "run-sidecar",
    says: "a sidecar runs beside the containers and does not keep a pod from completing",
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 5,
      initContainers: [sidecar("side", `trap "exit 0" TERM; echo up > /v/log; while :; do sleep 0.1; done`)],
      containers: [shell("c", "until grep up /v/log 2> /dev/null; do sleep 0.1; done", v)],
      ...shared,
    },
    ends: "Succeeded",
    logs: "up\n",
    sees: [["the sidecar has ended too", (pod) => ended(pod, "side")?.exitCode, 0]],
  },
  {
    key: "run-sidecar-gate",
    says: "containers wait until a sidecar's startup probe has succeeded",
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      initContainers: [
        sidecar("side", `sleep 1; touch /v/up; ${forever}`, {
          startupProbe: { exec: { command: ["test", "-e", "/v/up"] }, periodSeconds: 1, failureThreshold: 20 },
        }),
      ],
      containers: [shell("c", "test -e /v/up && echo after", v)],
      ...shared,
    },
    ends: "Succeeded",
    logs: "after\n",
  },
  {
    key: "run-sidecar-last",
    says: "at the end containers go first, then sidecars, the last one first",
    spec: {
      terminationGracePeriodSeconds: 10,
      initContainers: ["one", "two"].map((name) =>
        sidecar(name, `trap 'echo ${name} >> /v/log; exit 0' TERM; while :; do sleep 0.1; done`),
      ),
      containers: [shell("c", "trap 'sleep 0.5; echo main >> /v/log; exit 0' TERM; while :; do sleep 0.1; done", v)],
      ...hostLog("run-sidecar-last"),
    },
    ends: "Ready",
    async afterwards({ kubectl, key }) {
      await kubectl("delete", "pod", key);
      const order = await hostText(key);
      if (order !== "main\ntwo\none\n") throw new Error(`ended in this order: ${order}`);
    },
  },
  {
    key: "run-on-failure",
    says: "OnFailure: again after a failure, not after success; the failure stays as last state",
    spec: sh("test -e /v/x && exit 0; touch /v/x; exit 5", v, { restartPolicy: "OnFailure", ...shared }),
    ends: "Succeeded",
    sees: [
      ["restarts", (pod) => state(pod)?.restartCount, 1],
      ["last state", (pod) => state(pod)?.lastState?.terminated?.exitCode, 5],
    ],
  },
  {
    key: "run-never",
    says: "Never: a failure is the end, with its exit code",
    spec: sh("exit 3"),
    ends: "Failed",
    sees: [
      ["exit code", (pod) => ended(pod)?.exitCode, 3],
      ["reason", (pod) => ended(pod)?.reason, "Error"],
      ["conditions", (pod) => pod.status?.conditions?.find((one) => one.type === "Ready")?.reason, "PodFailed"],
    ],
  },
  {
    key: "run-crash",
    says: "a container that keeps failing waits ten seconds, and says so",
    spec: sh("exit 1", {}, { restartPolicy: "Always" }),
    ends: waiting("CrashLoopBackOff"),
    sees: [
      [
        "message",
        // A slow machine is looked at when it waits for the second or third time.
        (pod) =>
          /^back-off (?:10|20|40)s restarting failed container=c pod=run-crash_pods\(/.test(state(pod)?.state?.waiting?.message ?? ""),
        true,
      ],
    ],
    events: [/^Warning BackOff Back-off restarting failed container c in pod run-crash_pods\(/],
  },
  {
    key: "run-message",
    says: "the termination message, also from another path",
    spec: sh("echo -n last words > /tmp/msg", { terminationMessagePath: "/tmp/msg" }),
    ends: "Succeeded",
    sees: [["message", (pod) => ended(pod)?.message, "last words"]],
  },
  {
    key: "run-fallback",
    says: "without a message the end of the output, where it was asked for and the container failed",
    spec: sh("echo first; echo why >&2; exit 1", { terminationMessagePolicy: "FallbackToLogsOnError" }),
    ends: "Failed",
    sees: [["message", (pod) => String(ended(pod)?.message).split("\n").toSorted().join(), ",first,why"]],
  },
  {
    key: "run-post-start",
    says: "postStart has run before a container counts as started",
    spec: {
      ...sh(
        `until test -e /v/hook; do sleep 0.1; done; cat /v/hook; ${forever}`,
        { ...v, lifecycle: { postStart: { exec: { command: ["sh", "-c", "echo hooked > /v/t; mv /v/t /v/hook"] } } } },
        shared,
      ),
    },
    ends: "Ready",
    logs: "hooked\n",
  },
  {
    key: "run-post-fails",
    says: "a failing postStart ends the container",
    spec: { containers: [shell("c", forever, { lifecycle: { postStart: { exec: { command: ["false"] } } } })] },
    ends: (pod) =>
      (state(pod)?.restartCount ?? 0) > 0 || waiting("CrashLoopBackOff")(pod) || state(pod)?.lastState?.terminated !== undefined,
    events: [/^Warning FailedPostStartHook PostStartHook failed$/, /^Normal Killing FailedPostStartHook$/],
  },
  {
    key: "run-pre-stop",
    says: "preStop runs to its end before the container hears of its own",
    spec: {
      terminationGracePeriodSeconds: 10,
      containers: [
        shell("c", "trap 'echo term >> /v/log; exit 0' TERM; while :; do sleep 0.1; done", {
          ...v,
          lifecycle: { preStop: { exec: { command: ["sh", "-c", "sleep 1; echo hook >> /v/log"] } } },
        }),
      ],
      ...hostLog("run-pre-stop"),
    },
    ends: "Ready",
    async afterwards({ kubectl, key }) {
      await kubectl("delete", "pod", key);
      const order = await hostText(key);
      if (order !== "hook\nterm\n") throw new Error(`happened in this order: ${order}`);
    },
  },
  {
    key: "run-pre-sleep",
    says: "preStop may simply wait",
    spec: { terminationGracePeriodSeconds: 10, containers: [shell("c", forever, { lifecycle: { preStop: { sleep: { seconds: 2 } } } })] },
    ends: "Ready",
    async afterwards({ kubectl, key }) {
      const startedMs = Date.now();
      await kubectl("delete", "pod", key);
      if (Date.now() - startedMs < 2000) throw new Error("it did not wait");
    },
  },
  {
    key: "run-grace",
    says: "a container that does not listen is killed when its grace is over",
    spec: { terminationGracePeriodSeconds: 2, containers: [shell("c", "trap '' TERM; while :; do sleep 1; done")] },
    ends: "Ready",
    async afterwards({ kubectl, key }) {
      const startedMs = Date.now();
      await kubectl("delete", "pod", key);
      const tookMs = Date.now() - startedMs;
      if (tookMs < 1900 || tookMs > 28_000) throw new Error(`gone after ${tookMs} ms`);
    },
  },
  {
    key: "run-deadline",
    says: "activeDeadlineSeconds ends a pod for good, by name",
    spec: { activeDeadlineSeconds: 2, terminationGracePeriodSeconds: 1, containers: [shell("c", forever)] },
    ends: "Failed",
    sees: [
      ["reason", (pod) => pod.status?.reason, "DeadlineExceeded"],
      ["message", (pod) => pod.status?.message, "Pod was active on the node longer than the specified deadline"],
    ],
    events: [/^Normal DeadlineExceeded Pod was active on the node longer than the specified deadline$/],
  },
  {
    key: "run-no-command",
    says: "a command that does not exist is told in the runtime's words",
    spec: sh("", { command: ["nope-not-here"] }),
    ends: "Failed",
    sees: [
      ["reason", (pod) => ended(pod)?.reason, "StartError"],
      ["exit code", (pod) => ended(pod)?.exitCode, 128],
      ["message", (pod) => /exec: "nope-not-here": executable file not found in \$PATH/.test(ended(pod)?.message ?? ""), true],
    ],
  },
  {
    key: "run-tty",
    says: "a terminal, a working folder, and arguments without a command",
    spec: sh("", { command: ["sh"], args: ["-c", "test -t 1 && echo terminal; pwd"], tty: true, workingDir: "/tmp" }),
    ends: "Succeeded",
    logs: "terminal\n/tmp\n",
  },
];
