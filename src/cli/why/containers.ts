// What a pod's containers say: why one waits, how one ended, why one was started again.
// Invariant: exit codes are explained only where their meaning is certain; a probe is blamed only where an event says so.
// Called by: pod.ts. Next on the way: finding.ts.

import type { ContainerStateTerminated, ContainerStatus, Event, Pod } from "#api";
import type { Live } from "#client";
import { eventMs, type Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { ago, count, sentence } from "./words.ts";

const signals: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};

const waitingWords: Readonly<Record<string, string>> = {
  ContainerCreating: "it is being made",
  PodInitializing: "init containers come first",
  ErrImagePull: "its image could not be pulled",
  ImagePullBackOff: "its image could not be pulled, the next attempt waits",
  ErrImageNeverPull: "its image is not on the node and its policy is never to pull",
  InvalidImageName: "its image's name is not valid",
  CreateContainerConfigError: "something it refers to is missing or wrong",
  CreateContainerError: "the container runtime could not make it",
  RunContainerError: "the container runtime could not start it",
  CrashLoopBackOff: "it keeps ending; the next start waits, longer each time",
};

export function ending(ended: ContainerStateTerminated, memoryLimit?: string): string {
  if (ended.reason === "OOMKilled")
    return `it was killed because it used more memory than ${memoryLimit === undefined ? "it may" : `its limit of ${memoryLimit}`}`;
  const signal = ended.signal ? ended.signal : ended.exitCode > 128 ? ended.exitCode - 128 : undefined;
  const name = signal === undefined ? undefined : signals[signal];
  const meaning =
    name !== undefined
      ? `, ended by ${name}`
      : ended.exitCode === 126
        ? ", its command cannot be run"
        : ended.exitCode === 127
          ? ", its command was not found"
          : "";
  const reason = ended.reason && ended.reason !== "Error" && ended.reason !== "Completed" ? ` (${ended.reason})` : "";
  const message = ended.message ? `; its last words: ${ended.message.trim().slice(-200)}` : "";
  return `it ended with exit code ${ended.exitCode}${meaning}${reason}${message}`;
}

const limitOf = (pod: Live<Pod>, name: string): string | undefined =>
  [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find((one) => one.name === name)?.resources?.limits?.["memory"];

const about = (name: string, fieldPath: string | undefined): boolean => fieldPath === undefined || fieldPath.includes(`{${name}}`);

/** What the node agent said last of the container, up to a moment. */
function heard(evidence: Evidence, name: string, reason: string, pattern: RegExp, untilMs = Infinity): Live<Event> | undefined {
  const fits = (one: Live<Event>): boolean =>
    one.reason === reason && about(name, one.involvedObject.fieldPath) && pattern.test(one.message ?? "");
  return evidence.events.findLast((one) => fits(one) && eventMs(one) <= untilMs) ?? evidence.events.findLast(fits);
}

function told(evidence: Evidence, event: Live<Event> | undefined): string | undefined {
  return event ? `${(event.message ?? "").trim().replace(/:$/, "")} (${ago(evidence.nowMs, eventMs(event))})` : undefined;
}

const said = (evidence: Evidence, name: string, reason: string, pattern: RegExp): string | undefined =>
  told(evidence, heard(evidence, name, reason, pattern));

function restarts(evidence: Evidence, pod: Live<Pod>, status: ContainerStatus): Finding[] {
  const ended = status.lastState?.terminated ?? (status.restartCount > 0 ? status.state?.terminated : undefined);
  if (status.restartCount === 0) return [];
  const when = ended?.finishedAt ? `, the last time after it had ended ${ago(evidence.nowMs, Date.parse(ended.finishedAt))}` : "";
  const how = ended ? `: ${ending(ended, limitOf(pod, status.name))}` : "";
  const killing = heard(evidence, status.name, "Killing", /probe|will be restarted/);
  // A probe that runs into the stop fails in other words: what it said up to the stop is why.
  const probe = killing && told(evidence, heard(evidence, status.name, "Unhealthy", /^(Liveness|Startup)/, eventMs(killing)));
  const details = [...(killing ? [`the node agent stopped it: ${told(evidence, killing)}`] : []), ...(probe === undefined ? [] : [probe])];
  return [
    {
      topic: "restart",
      from: details.length > 0 ? "status.containerStatuses, events" : "status.containerStatuses",
      text: sentence(`Container ${status.name} was started again ${count(status.restartCount, "time")}${when}${how}`),
      ...(details.length > 0 ? { details } : {}),
    },
  ];
}

function present(evidence: Evidence, pod: Live<Pod>, status: ContainerStatus, init: boolean): Finding[] {
  const { waiting, terminated, running } = status.state ?? {};
  const kind = init ? "Init container" : "Container";
  const from = init ? "status.initContainerStatuses" : "status.containerStatuses";
  if (waiting) {
    const words = waitingWords[waiting.reason ?? ""];
    const message = waiting.message ? ` ${sentence(waiting.message)}` : "";
    return [
      {
        topic: "container",
        from,
        text: `${kind} ${status.name} waits, ${waiting.reason ?? "without a reason"}${words ? `: ${words}` : ""}.${message}`,
      },
    ];
  }
  if (terminated && (!init || terminated.exitCode !== 0)) {
    if (status.restartCount > 0) return [];
    return [{ topic: "container", from, text: sentence(`${kind} ${status.name}: ${ending(terminated, limitOf(pod, status.name))}`) }];
  }
  if (!running || status.ready || init) return [];
  if (status.started === false) {
    const failed = said(evidence, status.name, "Unhealthy", /^Startup/);
    return [
      {
        topic: "container",
        from: failed ? `${from}, events` : from,
        text: sentence(`${kind} ${status.name} runs, but its startup probe has not succeeded yet${failed ? `: ${failed}` : ""}`),
      },
    ];
  }
  const failed = said(evidence, status.name, "Unhealthy", /^Readiness/);
  return [
    {
      topic: "container",
      from: failed ? `${from}, events` : from,
      text: sentence(
        `${kind} ${status.name} runs but is not ready${failed ? `: ${failed}` : "; its readiness probe has not succeeded yet"}`,
      ),
    },
  ];
}

export function containers(evidence: Evidence, pod: Live<Pod>): Finding[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const initRunning = initContainerStatuses.find(
    (status) => status.state?.running && pod.spec?.initContainers?.find((one) => one.name === status.name)?.restartPolicy !== "Always",
  );
  const first: Finding[] =
    initRunning && containerStatuses.every((status) => !status.state?.running)
      ? [
          {
            topic: "container",
            from: "status.initContainerStatuses",
            text: `Init container ${initRunning.name} is still running; the others wait for it.`,
          },
        ]
      : [];
  const waitsForInit = (status: ContainerStatus): boolean => status.state?.waiting?.reason === "PodInitializing";
  return [
    ...first,
    ...initContainerStatuses.flatMap((status) =>
      waitsForInit(status) ? [] : [...present(evidence, pod, status, true), ...restarts(evidence, pod, status)],
    ),
    ...containerStatuses.flatMap((status) =>
      waitsForInit(status) && initContainerStatuses.length > 0
        ? []
        : [...present(evidence, pod, status, false), ...restarts(evidence, pod, status)],
    ),
  ];
}
