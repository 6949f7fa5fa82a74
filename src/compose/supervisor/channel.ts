// Lines of JSON over the cluster's unix socket: between the supervisor and its parts, and between the supervisor and `dhow` verbs.
// Invariant: the open connection is the sign of life; a line over the bound or no JSON ends the connection that sent it.
// Called by: supervisor/shell.ts (listening), part.ts and cli (connecting). Next on the way: shell.ts.

import { chmodSync, chownSync, existsSync, renameSync, rmSync, watch } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { basename, dirname } from "node:path";

/** What travels; each side knows its own types. */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface Channel {
  send(message: Message): void;
  close(): void;
}

export interface ChannelEvents {
  message(message: Message): void;
  closed(): void;
}

const lineLimit = 1024 * 1024;

function channelOver(socket: Socket, events: ChannelEvents): Channel {
  let pending = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (pending + text).split("\n");
    pending = lines.pop()!;
    if (pending.length > lineLimit) socket.destroy();
    for (const line of lines) {
      let message: Message;
      try {
        message = JSON.parse(line) as Message;
      } catch {
        socket.destroy();
        return;
      }
      events.message(message);
    }
  });
  socket.on("error", () => undefined);
  socket.once("close", () => events.closed());
  return {
    send(message) {
      if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
    },
    close: () => void socket.end(),
  };
}

export interface ChannelServer {
  close(): void;
}

/** Listens at `path`; whoever calls holds the folder's lock, so a socket that lies there belongs to the dead. Processes of `group` may connect, too. */
export async function listenChannel(path: string, accept: (channel: Channel) => ChannelEvents, group?: number): Promise<ChannelServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    let events: ChannelEvents | undefined;
    const channel = channelOver(socket, { message: (message) => events?.message(message), closed: () => events?.closed() });
    events = accept(channel);
  });
  // Bound aside and then renamed: whoever sees the socket appear can connect to it.
  const aside = `${path}.new`;
  rmSync(aside, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(aside, () => resolve());
  });
  if (group !== undefined) {
    chownSync(aside, process.getuid!(), group);
    chmodSync(aside, 0o660);
  }
  renameSync(aside, path);
  return {
    close() {
      server.close();
      rmSync(path, { force: true });
      for (const socket of sockets) socket.end();
    },
  };
}

/** Rejects when nobody listens there. */
export function connectChannel(path: string, events: ChannelEvents): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(channelOver(socket, events));
    });
  });
}

/** Connected for as long as this process lives: when the supervisor dies its successor's socket is noticed by the folder's own events. */
export function keepConnected(path: string, connected: (channel: Channel) => void, message: (message: Message) => void): { close(): void } {
  let current: Channel | undefined;
  let connecting = false;
  let closed = false;
  const attempt = (): void => {
    if (closed || current || connecting || !existsSync(path)) return;
    connecting = true;
    connectChannel(path, {
      message,
      closed() {
        current = undefined;
        attempt();
      },
    }).then(
      (channel) => {
        connecting = false;
        if (closed) return channel.close();
        current = channel;
        connected(channel);
      },
      () => {
        connecting = false;
      },
    );
  };
  const watcher = watch(dirname(path), (_event, name) => {
    if (name === null || name === basename(path)) attempt();
  });
  watcher.on("error", () => undefined);
  attempt();
  return {
    close() {
      closed = true;
      watcher.close();
      current?.close();
    },
  };
}
