// The caller's end of port-forward: pairs of streams that name a port, over SPDY, SPDY in a WebSocket, or channels of a WebSocket.
// Invariant: each pair is handed out once, whole, with a valid port; half a pair is dropped after a bound.
// Called by: portForward.ts after the 101. Next on the way: the runtime's connection to the port.

import { Duplex, type Readable, type Writable } from "node:stream";
import type { Clock } from "#lib";
import { SpdyConnection, type SpdyStream, WebSocketChannels, WebSocketConnection, webSocketTunnel } from "#wire";
import type { Negotiated } from "./negotiate.ts";

const tunnelled = "SPDY/3.1+portforward.k8s.io";
export const portProtocols = { websocket: [tunnelled, "v4.channel.k8s.io"], spdy: ["portforward.k8s.io"] } as const;

const pairMs = 30_000;

export interface ClientPort {
  readonly port: number;
  readonly data: Duplex;
  readonly error: Writable;
}

export interface ClientPorts {
  readonly gone: Promise<void>;
  close(): void;
}

export function readPort(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

export function clientPorts(
  socket: Duplex,
  { transport, protocol }: Negotiated,
  ports: readonly number[],
  clock: Clock,
  opened: (port: ClientPort) => void,
): ClientPorts {
  if (transport === "spdy") return pairs(socket, clock, opened);
  const connection = new WebSocketConnection(socket, { role: "server", clock });
  if (protocol === tunnelled) return pairs(webSocketTunnel(connection, clock), clock, opened);
  return channelPairs(connection, ports, opened);
}

interface Half {
  data?: SpdyStream;
  error?: SpdyStream;
}

function pairs(socket: Duplex, clock: Clock, opened: (port: ClientPort) => void): ClientPorts {
  const halves = new Map<string, Half>();
  const connection: SpdyConnection = new SpdyConnection(socket, {
    role: "server",
    clock,
    onStream(stream) {
      const { streamtype: kind, port: portText, requestid } = stream.headers;
      const port = readPort(portText);
      if (port === undefined || (kind !== "data" && kind !== "error")) return void stream.destroy();
      // Old callers name no request: the error stream is opened first, its data stream is the next of theirs.
      const id = requestid ?? String(kind === "error" ? stream.id : stream.id - 2);
      const half = halves.get(id) ?? {};
      if (half[kind]) return void stream.destroy();
      half[kind] = stream;
      if (!half.data || !half.error) {
        halves.set(id, half);
        const timer = clock.after(pairMs, () => halves.get(id) === half && halves.delete(id) && stream.destroy());
        stream.once("close", () => timer.cancel());
        return;
      }
      halves.delete(id);
      half.error.resume();
      opened({ port, data: half.data, error: half.error });
    },
  });
  return { gone: connection.closed, close: () => connection.close() };
}

function channelPairs(connection: WebSocketConnection, ports: readonly number[], opened: (port: ClientPort) => void): ClientPorts {
  const channels = new WebSocketChannels(connection, { closeSignal: false });
  const made = ports.map((port, index): ClientPort => {
    const name = Buffer.alloc(2);
    name.writeUInt16LE(port);
    const [input, output, error] = [channels.input(2 * index), channels.output(2 * index), channels.output(2 * index + 1)];
    output.write(name);
    error.write(name);
    return { port, data: both(input, output), error };
  });
  void channels.start();
  for (const one of made) opened(one);
  return { gone: connection.closed, close: () => connection.close(1000, "") };
}

function both(readable: Readable, writable: Writable): Duplex {
  const pair: Parameters<typeof Duplex.from>[0] = { readable, writable } as never;
  return Duplex.from(pair);
}
