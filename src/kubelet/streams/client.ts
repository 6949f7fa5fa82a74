// The caller's end of exec and attach: its streams, whether they come as channels of a WebSocket or as SPDY streams.
// Invariant: whoever uses these cannot tell which it was; waiting for the caller's streams is bounded.
// Called by: process.ts after the 101. Next on the way: join.ts.

import type { Duplex, Readable, Writable } from "node:stream";
import type { StreamsWanted } from "#cri";
import type { Clock } from "#lib";
import { SpdyConnection, type SpdyStream, WebSocketChannels, WebSocketConnection } from "#wire";
import type { Negotiated } from "./negotiate.ts";

export const processProtocols = {
  websocket: ["v5.channel.k8s.io", "v4.channel.k8s.io"],
  spdy: ["v4.channel.k8s.io"],
} as const;

export interface ClientStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly resize?: Readable;
  /** Takes one Status, then ends. */
  readonly error: Writable;
  /** Resolves when the caller has gone. */
  readonly gone: Promise<void>;
  /** Says goodbye; what was written before still arrives. */
  close(): void;
}

const streamsMs = 30_000;
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export function clientStreams(socket: Duplex, negotiated: Negotiated, wanted: StreamsWanted, clock: Clock): Promise<ClientStreams> {
  return negotiated.transport === "spdy"
    ? bySpdy(socket, wanted, clock)
    : Promise.resolve(byWebSocket(socket, negotiated.protocol.startsWith("v5"), wanted, clock));
}

function byWebSocket(socket: Duplex, closeSignal: boolean, wanted: StreamsWanted, clock: Clock): ClientStreams {
  const connection = new WebSocketConnection(socket, { role: "server", clock });
  const channels = new WebSocketChannels(connection, { closeSignal });
  const streams: ClientStreams = {
    ...(wanted.stdin ? { stdin: channels.input(channel.stdin) } : {}),
    ...(wanted.stdout ? { stdout: channels.output(channel.stdout) } : {}),
    ...(wanted.stderr && !wanted.tty ? { stderr: channels.output(channel.stderr) } : {}),
    ...(wanted.tty ? { resize: channels.input(channel.resize) } : {}),
    error: channels.output(channel.error),
    gone: connection.closed,
    close: () => connection.close(1000, ""),
  };
  // An empty message tells callers that write first that the way is open.
  void connection.send([Buffer.from([wanted.stdout ? channel.stdout : channel.stderr])]);
  void channels.start();
  return streams;
}

function bySpdy(socket: Duplex, wanted: StreamsWanted, clock: Clock): Promise<ClientStreams> {
  const names = new Set(["error"]);
  for (const name of ["stdin", "stdout"] as const) if (wanted[name]) names.add(name);
  if (wanted.stderr && !wanted.tty) names.add("stderr");
  if (wanted.tty) names.add("resize");
  const got = new Map<string, SpdyStream>();
  return new Promise((resolve, reject) => {
    const timer = clock.after(streamsMs, () => {
      connection.close();
      reject(new Error("timed out waiting for client to create streams"));
    });
    const connection: SpdyConnection = new SpdyConnection(socket, {
      role: "server",
      clock,
      onStream(stream) {
        const name = stream.headers["streamtype"] ?? "";
        if (!names.has(name) || got.has(name)) return void stream.destroy();
        got.set(name, stream);
        if (got.size < names.size) return;
        timer.cancel();
        resolve(named(got, connection));
      },
    });
    void connection.closed.then(() => {
      timer.cancel();
      reject(new Error("the caller has gone"));
    });
  });
}

function named(got: ReadonlyMap<string, SpdyStream>, connection: SpdyConnection): ClientStreams {
  const one = <Name extends string>(name: Name): Partial<Record<Name, SpdyStream>> => {
    const stream = got.get(name);
    return (stream ? { [name]: stream } : {}) as Partial<Record<Name, SpdyStream>>;
  };
  // Nobody sends anything on what only we write to; a stray byte must not stop the connection.
  for (const name of ["error", "stdout", "stderr"]) got.get(name)?.resume();
  return {
    ...one("stdin"),
    ...one("stdout"),
    ...one("stderr"),
    ...one("resize"),
    error: got.get("error")!,
    gone: connection.closed,
    close: () => connection.close(),
  };
}
