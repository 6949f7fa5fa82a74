// NodePorts: two pods cannot have the same port of the same node.
// Invariant: 0.0.0.0 clashes with every address; TCP and UDP do not clash with each other.
// Called by: cycle.ts. Next on the way: noderesourcesfit.ts.

import type { HostPort, Plugin } from "../framework.ts";

const anyAddress = (ip: string): boolean => ip === "" || ip === "0.0.0.0" || ip === "::";

function clash(left: HostPort, right: HostPort): boolean {
  if (left.port !== right.port || left.protocol !== right.protocol) return false;
  return left.ip === right.ip || anyAddress(left.ip) || anyAddress(right.ip);
}

export const nodePorts: Plugin = {
  name: "NodePorts",
  retryAfter: ["node added", "pod removed"],
  concerns: (pod) => pod.hostPorts.length > 0,
  filter(pod, node) {
    const taken = pod.hostPorts.some((wanted) => node.hostPorts.some((used) => clash(wanted, used)));
    return taken ? ["node(s) didn't have free ports for the requested pod ports"] : undefined;
  },
};
