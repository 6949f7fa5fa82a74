// Which containers are in containerd's own book: not those that CRI shows, but all that it would start, also one whose sandbox is still being made.
// Invariant: one call on a connection of its own; the answer is whole or an error.
// Called by: the door's containerdContainers. Next on the way: channel.ts.

import type { Clock } from "#lib";
import { Channel } from "./channel.ts";

const answerMs = 30_000;

export async function listContainers(socketPath: string, clock: Clock): Promise<ReadonlySet<string>> {
  const channel = new Channel(socketPath, clock);
  try {
    const options = { timeoutMs: answerMs, metadata: { "containerd-namespace": "k8s.io" } };
    const { containers } = await channel.unary("containerd.services.containers.v1.Containers", "List", {}, options);
    return new Set((containers as readonly { readonly id: string }[]).map(({ id }) => id));
  } finally {
    channel.close();
  }
}
