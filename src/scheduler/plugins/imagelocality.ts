// ImageLocality: a node that has the images already starts the pod sooner.
// Invariant: only size and spread count: an image on few nodes draws less, so that one node does not get everything.
// Called by: cycle.ts. Next on the way: message.ts.

import type { NodeView, Plugin } from "../framework.ts";
import { imageName } from "../views.ts";

const mebibyte = 1024 * 1024;
const worthwhile = 23 * mebibyte;
const plenty = 1000 * mebibyte;

export const imageLocality: Plugin = {
  name: "ImageLocality",
  retryAfter: [],
  prepare(pod, nodes, { withImages }) {
    if (withImages.length === 0) return undefined;
    const containers = [...(pod.pod.spec?.initContainers ?? []), ...(pod.pod.spec?.containers ?? [])];
    const images = containers.map((container) => imageName(container.image ?? ""));
    const spread = new Map(images.map((image) => [image, withImages.filter((node) => node.images.has(image)).length / nodes.length]));
    if (![...spread.values()].some((share) => share > 0)) return undefined;
    const most = plenty * images.length;
    return {
      score(node: NodeView) {
        let here = 0;
        if (node.images.size > 0) for (const image of images) here += (node.images.get(image) ?? 0) * (spread.get(image) ?? 0);
        return ((Math.min(Math.max(here, worthwhile), most) - worthwhile) * 100) / (most - worthwhile);
      },
    };
  },
};
