// GET /containerLogs/<namespace>/<pod>/<container>: a container's log, as `kubectl logs` wants it.
// Invariant: refusals are worded as upstream's kubelet words them; the stream ends when the container has ended or the caller goes.
// Called by: handler.ts. Next on the way: ../logs/read.ts.

import { existsSync } from "node:fs";
import type { Pod } from "#api";
import { type Clock, delay, type Log } from "#lib";
import type { HttpResponse } from "#wire";
import type { Kubelet } from "../kubelet.ts";
import type { LogLine } from "../logs/format.ts";
import { readLog } from "../logs/read.ts";
import { isRunningState, type RuntimeContainer } from "../pods/runtime.ts";
import { text } from "./answer.ts";

export interface ContainerLogsRequest {
  readonly kubelet: Kubelet;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

/** The last bytes of a container reach its log a moment after its end is reported. */
const flushMs = 100;

interface Wanted {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceMs: number | undefined;
  readonly stream: string;
}

const whole = (value: string | null): number | undefined => (value !== null && /^\d+$/.test(value) ? Number(value) : undefined);

export function wantedLogs(query: URLSearchParams, nowMs: number): Wanted | string {
  const flag = (name: string): boolean => ["true", "1"].includes(query.get(name) ?? "");
  for (const name of ["tailLines", "limitBytes", "sinceSeconds"]) {
    const value = query.get(name);
    if (value !== null && value !== "" && whole(value) === undefined) return `invalid ${name}: ${value}`;
  }
  const sinceSeconds = whole(query.get("sinceSeconds"));
  const sinceTime = query.get("sinceTime");
  const sinceTimeMs = sinceTime === null ? undefined : Date.parse(sinceTime);
  if (sinceTimeMs !== undefined && Number.isNaN(sinceTimeMs)) return `invalid sinceTime: ${sinceTime}`;
  return {
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    tailLines: whole(query.get("tailLines")),
    limitBytes: whole(query.get("limitBytes")),
    sinceMs: sinceSeconds === undefined ? sinceTimeMs : nowMs - sinceSeconds * 1000,
    stream: query.get("stream") ?? "All",
  };
}

/** The container whose log is meant, or the text of the refusal. */
function choose(pod: Pod, runs: readonly RuntimeContainer[], container: string, previous: boolean): RuntimeContainer | string {
  const name = pod.metadata.name ?? "";
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const known = [...containers, ...initContainers, ...ephemeralContainers].some((one) => one.name === container);
  if (!known) return `container "${container}" in pod "${name}" is not available`;
  const [last, before] = runs.filter((one) => one.state !== "CONTAINER_CREATED");
  if (previous) {
    const found = last && isRunningState(last) ? before : (before ?? last);
    return found ?? `previous terminated container "${container}" in pod "${name}" not found`;
  }
  if (last) return last;
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const waiting = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((one) => one.name === container)
    ?.state?.waiting;
  if (waiting?.reason?.includes("Image")) {
    const why = waiting.reason === "ErrImagePull" ? "image can't be pulled" : "trying and failing to pull image";
    return `container "${container}" in pod "${name}" is waiting to start: ${why}`;
  }
  return `container "${container}" in pod "${name}" is waiting to start: ${waiting?.reason ?? "ContainerCreating"}`;
}

export async function containerLogs(request: ContainerLogsRequest): Promise<HttpResponse> {
  const { kubelet, clock } = request;
  const pod = kubelet.pods().find((one) => one.metadata.name === request.pod && one.metadata.namespace === request.namespace);
  if (!pod) return text(404, `pod "${request.pod}" not found\n`);
  const wanted = wantedLogs(request.query, clock.nowMs());
  if (typeof wanted === "string") return text(400, wanted);
  const runs = (kubelet.worker(pod.metadata.uid)?.runtime.containers ?? []).filter((one) => one.name === request.container);
  const chosen = choose(pod, runs, request.container, wanted.previous);
  if (typeof chosen === "string") return text(400, chosen);
  const path = kubelet.logPath(pod, chosen);
  const headers = { "content-type": "text/plain" };
  if (!existsSync(path)) return { status: 200, headers, body: Buffer.alloc(0) };
  return { status: 200, headers, body: body(path, chosen, wanted, request) };
}

async function* body(path: string, container: RuntimeContainer, wanted: Wanted, request: ContainerLogsRequest): AsyncGenerator<Uint8Array> {
  const { clock, kubelet, signal } = request;
  const stop = new AbortController();
  const follow = wanted.follow && isRunningState(container);
  const ended = follow ? kubelet.ended(container.id, stop.signal).then(() => delay(clock, flushMs)) : Promise.resolve();
  const options = {
    follow,
    signal: AbortSignal.any([signal, stop.signal]),
    ended,
    ...(wanted.tailLines === undefined ? {} : { tailLines: wanted.tailLines }),
    ...(wanted.sinceMs === undefined ? {} : { sinceMs: wanted.sinceMs }),
  };
  let left = wanted.limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    for await (const line of readLog(path, options)) {
      if (wanted.stream !== "All" && line.stream !== wanted.stream.toLowerCase()) continue;
      const bytes = form(line, wanted.timestamps);
      if (bytes.length >= left) {
        yield bytes.subarray(0, left);
        return;
      }
      left -= bytes.length;
      yield bytes;
    }
  } finally {
    stop.abort();
  }
}

function form(line: LogLine, timestamps: boolean): Buffer {
  return timestamps ? Buffer.concat([Buffer.from(`${line.time} `), line.text]) : line.text;
}
