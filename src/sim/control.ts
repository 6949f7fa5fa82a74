// The hand on the clock: what `dhow clock` and `dhow node` ask of a running world, as lines of JSON over its own socket.
// Invariant: every question gets one answer; whoever hangs up while a step is being taken stops it.
// Called by: world.ts; cli/clock.ts and cli/node.ts at the other end. Next on the way: driver.ts.

import { type Channel, type ChannelEvents, listenChannel, type MemoryNodes, type Message } from "#compose";
import { ClockRefusal, type Driver } from "./driver.ts";
import { Restless } from "./rest.ts";

export interface NodeView {
  readonly name: string;
  readonly silent: boolean;
}

type Nodes = Pick<MemoryNodes, "kubelets" | "names" | "start" | "silence">;

const nodeViews = (nodes: Nodes): readonly NodeView[] => nodes.names.map((name) => ({ name, silent: !nodes.kubelets.has(name) }));

function known(nodes: Nodes, message: Message): string {
  const name = String(message["node"]);
  if (!nodes.names.includes(name)) throw new ClockRefusal(`no node ${JSON.stringify(name)}; there are ${nodes.names.join(", ")}`);
  return name;
}

async function answer(message: Message, driver: Driver, nodes: Nodes): Promise<Message> {
  switch (message.type) {
    case "show":
      return { type: "clock", ...driver.view() };
    case "step": {
      const moved = await driver.step(Number(message["ms"]));
      return { type: "clock", ...driver.view(), moved };
    }
    case "run":
      driver.run(Number(message["rate"]));
      return { type: "clock", ...driver.view() };
    case "pause":
      await driver.pause();
      return { type: "clock", ...driver.view() };
    case "nodes":
      return { type: "nodes", nodes: nodeViews(nodes) };
    case "silence": {
      const node = known(nodes, message);
      return { type: "node", node, changed: await nodes.silence(node) };
    }
    case "start": {
      const node = known(nodes, message);
      return { type: "node", node, changed: nodes.start(node) };
    }
    default:
      throw new ClockRefusal(`unknown request ${JSON.stringify(message.type)}`);
  }
}

export function serveControl(path: string, driver: Driver, nodes: Nodes): Promise<{ close(): void }> {
  return listenChannel(path, (channel: Channel): ChannelEvents => {
    let stepping = false;
    return {
      message(message) {
        const steps = message.type === "step";
        stepping ||= steps;
        void answer(message, driver, nodes)
          .catch((error: unknown): Message => {
            const refused = error instanceof ClockRefusal || error instanceof Restless;
            return { type: refused ? "refused" : "failed", message: error instanceof Error ? error.message : String(error) };
          })
          .then((reply) => {
            if (steps) stepping = false;
            channel.send(reply);
          });
      },
      closed() {
        if (stepping) void driver.pause();
      },
    };
  });
}
