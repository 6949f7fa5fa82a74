// /exec and /attach: a caller connected to a process in a container.
// Invariant: the runtime is asked first, so that a refusal is an ordinary answer; after the 101 the outcome is a Status on the error stream.
// Called by: server/handler.ts. Next on the way: negotiate.ts, the runtime, client.ts, join.ts.

import { type ProcessStreams, rpcText, type StreamsWanted } from "#cri";
import type { Clock, Log } from "#lib";
import type { HttpRequest, HttpResponse } from "#wire";
import type { Kubelet } from "../kubelet.ts";
import { isRunningState, type RuntimeContainer } from "../pods/runtime.ts";
import { text } from "../server/answer.ts";
import { clientStreams, processProtocols } from "./client.ts";
import { joinStreams } from "./join.ts";
import { negotiate } from "./negotiate.ts";

export interface StreamRequest {
  readonly kubelet: Kubelet;
  readonly clock: Clock;
  readonly log: Log;
  readonly request: HttpRequest;
  readonly namespace: string;
  readonly pod: string;
  /** Empty: whichever pod has that name now. */
  readonly uid: string;
  readonly query: URLSearchParams;
}

const isSet = (query: URLSearchParams, name: string): boolean => ["1", "true"].includes(query.get(name) ?? "");

/** As upstream's server reads them: a terminal has no standard error. */
export function wantedStreams(query: URLSearchParams): StreamsWanted | undefined {
  const tty = isSet(query, "tty");
  const [stdin, stdout] = [isSet(query, "input"), isSet(query, "output")];
  const stderr = isSet(query, "error") && !tty;
  return stdin || stdout || stderr ? { stdin, stdout, stderr, tty } : undefined;
}

export function findPod({ kubelet, namespace, pod, uid }: StreamRequest): ReturnType<Kubelet["pods"]>[number] | undefined {
  return kubelet
    .pods()
    .find((one) => one.metadata.name === pod && one.metadata.namespace === namespace && (uid === "" || one.metadata.uid === uid));
}

function runningContainer(call: StreamRequest, uid: string, name: string): RuntimeContainer | undefined {
  return call.kubelet.worker(uid)?.runtime.containers.find((one) => one.name === name && isRunningState(one));
}

export async function streamProcess(call: StreamRequest, kind: "exec" | "attach", container: string): Promise<HttpResponse> {
  const { kubelet, clock, log, request, query } = call;
  const wanted = wantedStreams(query);
  if (!wanted) return text(400, "you must specify at least 1 of stdin, stdout, stderr");
  const pod = findPod(call);
  if (!pod) return text(404, "pod does not exist");
  const found = runningContainer(call, pod.metadata.uid, container);
  if (!found) return text(500, `container not found (${JSON.stringify(container)})`);
  const agreed = negotiate(request, processProtocols);
  if ("status" in agreed) return agreed;
  let process: ProcessStreams;
  try {
    const { cri } = kubelet;
    const options = { signal: request.signal };
    process =
      kind === "exec" ? await cri.exec(found.id, query.getAll("command"), wanted, options) : await cri.attach(found.id, wanted, options);
  } catch (error) {
    return text(500, rpcText(error));
  }
  // A caller that goes before the answer is out would leave the process to nobody.
  const left = (): void => process.close();
  request.signal.addEventListener("abort", left, { once: true });
  return {
    status: 101,
    headers: agreed.headers,
    body: undefined,
    upgraded(socket) {
      clientStreams(socket, agreed, wanted, clock).then(
        (client) => joinStreams(client, process, clock),
        (error: unknown) => {
          log.debug("streams were not opened", { pod: pod.metadata.name, container, error });
          process.close();
        },
      );
    },
  };
}
