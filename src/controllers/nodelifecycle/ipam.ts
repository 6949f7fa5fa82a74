// Node IPAM: a range of Pod addresses for every node that has come without one.
// Invariant: no two nodes get the same range; one worker, and what was given out is remembered until the informer shows it.
// Called by: ../index.ts, the list. The kubelet hands the range to the container runtime.

import type { Node } from "#api";
import { keyOf, type Live } from "#client";
import { type Controller, defineController } from "../framework/define.ts";
import { isNotFound, nothing, type Plan, targetOf } from "../framework/plan.ts";

export interface SeenAddressless {
  readonly saw: readonly Live<Node>[];
  readonly node: Live<Node>;
  readonly taken: ReadonlySet<string>;
}

/** One /24 per node, from 10.244.0.0 up to 10.255.255.0. */
const firstBlock = 244;
const lastBlock = 255;

export function freeRange(taken: ReadonlySet<string>): string | undefined {
  for (let block = firstBlock; block <= lastBlock; block++) {
    for (let third = 0; third < 256; third++) {
      const range = `10.${block}.${third}.0/24`;
      if (!taken.has(range)) return range;
    }
  }
  return undefined;
}

export function planAddresses({ node, taken }: SeenAddressless): Plan {
  if (node.spec?.podCIDR) return nothing("the node has its range");
  const range = freeRange(taken);
  if (range === undefined) {
    const message = `Node ${node.metadata.name} status is now: CIDRNotAvailable`;
    return { actions: [{ verb: "event", about: node, type: "Normal", reason: "CIDRNotAvailable", message }], decision: "no range is free" };
  }
  const patch = { spec: { podCIDR: range, podCIDRs: [range] } };
  return {
    actions: [{ verb: "patch", resource: "nodes", target: targetOf(node), type: "merge", patch, tolerates: isNotFound }],
    decision: `the node gets ${range}`,
  };
}

export const nodeIpam: Controller = {
  name: "node-ipam-controller",
  account: "node-controller",
  prepare(context) {
    /** Node → range, given out but perhaps not seen yet. */
    const given = new Map<string, string>();
    return defineController<SeenAddressless>({
      name: this.name,
      account: this.account,
      workers: 1,
      watches: [{ resource: "nodes", keys: (node) => [keyOf(node)], matters: (_, node) => !(node as Live<Node>).spec?.podCIDR }],
      observe(key, world) {
        const nodes = world.lister<Node>("nodes");
        const node = nodes.get(key);
        if (!node || node.spec?.podCIDR) {
          given.delete(key);
          return undefined;
        }
        const taken = new Set([...nodes.list().flatMap((one) => one.spec?.podCIDR ?? []), ...given.values()]);
        const range = freeRange(taken);
        if (range !== undefined) given.set(key, range);
        return { saw: [node], node, taken };
      },
      plan: planAddresses,
    }).prepare(context);
  },
};
