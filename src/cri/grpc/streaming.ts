// The runtime's streaming server: exec, attach and port-forward answer with a URL, behind which SPDY is spoken.
// Invariant: one connection per session, to the address the runtime named; letting go of the session ends the connection.
// Called by: client.ts. Next on the way: wire/spdy. SPDY, for nothing else in containerd 1.6 can tell a process that its input has ended.

import type { Clock } from "#lib";
import { SpdyConnection, type SpdyStream, upgrade } from "#wire";
import type { PortForwarding, ProcessStreams, StreamsWanted } from "../contract.ts";
import { CriError } from "../errors.ts";

const connectMs = 30_000;
const processProtocol = "v4.channel.k8s.io";
const portProtocol = "portforward.k8s.io";

async function dial(url: string, protocol: string, clock: Clock, signal: AbortSignal | undefined): Promise<SpdyConnection> {
  const { origin, pathname, search } = new URL(url);
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol };
  const answer = await upgrade({ server: origin, method: "POST", target: pathname + search, headers, clock, timeoutMs: connectMs, signal });
  if (!answer.socket) throw new CriError("stream", origin, answer.status === 404 ? "NOT_FOUND" : "UNKNOWN", answer.body.toString().trim());
  return new SpdyConnection(answer.socket, { role: "client", clock });
}

export async function processStreams(
  url: string,
  wanted: StreamsWanted,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<ProcessStreams> {
  const connection = await dial(url, processProtocol, clock, signal);
  const open = (streamtype: string, asked: boolean, readOnly: boolean): Promise<SpdyStream | undefined> =>
    asked ? connection.openStream({ streamtype }, { readOnly }) : Promise.resolve(undefined);
  try {
    const { stdin: wantsIn, stdout: wantsOut, stderr: wantsErr, tty } = wanted;
    const [error, stdin, stdout, stderr, resize] = await Promise.all([
      connection.openStream({ streamtype: "error" }, { readOnly: true }),
      open("stdin", wantsIn, false),
      open("stdout", wantsOut, true),
      open("stderr", wantsErr && !tty, true),
      open("resize", tty, false),
    ]);
    return {
      error,
      ...(stdin ? { stdin } : {}),
      ...(stdout ? { stdout } : {}),
      ...(stderr ? { stderr } : {}),
      ...(resize ? { resize } : {}),
      closed: connection.drained,
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

export async function forwardPorts(url: string, clock: Clock, signal: AbortSignal | undefined): Promise<PortForwarding> {
  const connection = await dial(url, portProtocol, clock, signal);
  let next = 0;
  return {
    async connect(port) {
      const pair = { port: String(port), requestid: String(next++) };
      const [error, data] = await Promise.all([
        connection.openStream({ streamtype: "error", ...pair }, { readOnly: true }),
        connection.openStream({ streamtype: "data", ...pair }),
      ]);
      return { error, data };
    },
    closed: connection.drained,
    close: () => connection.close(),
  };
}
