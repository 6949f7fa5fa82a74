// /portForward: connections of a caller to ports inside a pod.
// Invariant: a port that cannot be reached fails alone, with the runtime's words on its error stream; the caller's end ends all.
// Called by: server/handler.ts. Next on the way: negotiate.ts, ports.ts, the runtime's streaming server.

import { type PortForwarding, rpcText } from "#cri";
import type { HttpResponse } from "#wire";
import { text } from "../server/answer.ts";
import { negotiate } from "./negotiate.ts";
import { type ClientPort, clientPorts, portProtocols, readPort } from "./ports.ts";
import { findPod, type StreamRequest } from "./process.ts";

const portLimit = 100;

function wantedPorts(query: URLSearchParams): number[] | undefined {
  const texts = query.getAll("port").flatMap((one) => one.split(","));
  const ports = texts.flatMap((one) => readPort(one) ?? []);
  return ports.length === texts.length && ports.length <= portLimit ? ports : undefined;
}

/** One connection: bytes both ways; whichever end fails ends both. */
async function forward(client: ClientPort, forwarding: PortForwarding, describe: (port: number) => string): Promise<void> {
  try {
    const { data, error } = await forwarding.connect(client.port);
    client.data.pipe(data);
    data.pipe(client.data);
    client.data.once("close", () => data.destroy());
    data.on("error", () => client.data.end());
    client.data.on("error", () => data.destroy());
    let failed = false;
    error.on("data", () => {
      failed = true;
    });
    error.once("end", () => failed && client.data.end());
    error.on("error", () => client.error.end());
    error.pipe(client.error);
  } catch (error) {
    client.data.resume();
    client.data.end();
    client.error.end(`${describe(client.port)}: ${rpcText(error)}`);
  }
}

export async function streamPorts(call: StreamRequest): Promise<HttpResponse> {
  const { kubelet, clock, request } = call;
  const pod = findPod(call);
  if (!pod) return text(404, "pod does not exist");
  const ports = wantedPorts(call.query);
  if (!ports) return text(400, `invalid port: ${call.query.getAll("port").join(",")}`);
  const sandbox = kubelet.worker(pod.metadata.uid)?.runtime.sandboxes.find((one) => one.ready);
  if (!sandbox) return text(500, `pod not found (${JSON.stringify(`${call.pod}_${call.namespace}`)})`);
  const agreed = negotiate(request, portProtocols);
  if ("status" in agreed) return agreed;
  if (agreed.protocol === "v4.channel.k8s.io" && ports.length === 0) return text(400, 'query parameter "port" is required');
  let forwarding: PortForwarding;
  try {
    forwarding = await kubelet.cri.portForward(sandbox.id, ports, { signal: request.signal });
  } catch (error) {
    return text(500, rpcText(error));
  }
  request.signal.addEventListener("abort", () => forwarding.close(), { once: true });
  const describe = (port: number): string => `error forwarding port ${port} to pod ${sandbox.id}, uid ${pod.metadata.uid}`;
  return {
    status: 101,
    headers: agreed.headers,
    body: undefined,
    upgraded(socket) {
      const client = clientPorts(socket, agreed, ports, clock, (one) => void forward(one, forwarding, describe));
      void Promise.race([client.gone, forwarding.closed]).then(() => {
        client.close();
        forwarding.close();
      });
    },
  };
}
