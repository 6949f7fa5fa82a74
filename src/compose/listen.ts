// Listening on the port that was asked for, or on the first free one from there.
// Invariant: a port that was chosen before is taken or fails by name; only a first start looks for the next.
// Called by: control-plane.ts, node.ts. Next on the way: wire/server.ts.

import { type ServeOptions, type Server, serve } from "#wire";

const tries = 100;

export async function listenFrom(options: Omit<ServeOptions, "port">, port: number, fixed: boolean): Promise<Server> {
  for (let next = port; ; next++) {
    try {
      return await serve({ ...options, port: next });
    } catch (error) {
      const inUse = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (fixed || !inUse || next - port >= tries) throw error;
    }
  }
}
