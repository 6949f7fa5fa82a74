// A runtime that others use too: what is ours there carries the cluster's name, and nothing else is ever seen.
// Invariant: a sandbox or container without our label is in no list, so neither a kubelet nor a stopping cluster can touch it.
// Called by: node.ts, for a runtime given by --cri. Next on the way: cri/contract.ts.

import type { Cri } from "#cri";

/** Beside the labels every kubelet sets; containerd and CRI-O keep labels as they are given. */
export const clusterLabel = "dhow.local/cluster";

export function sharedRuntime(cri: Cri, clusterName: string): Cri {
  const ours = { [clusterLabel]: clusterName };
  const marked = <Config extends { readonly labels: Readonly<Record<string, string>> }>(config: Config): Config => ({
    ...config,
    labels: { ...config.labels, ...ours },
  });
  return {
    ...cri,
    runPodSandbox: (config, options) => cri.runPodSandbox(marked(config), options),
    createContainer: (sandbox, config, sandboxConfig, options) =>
      cri.createContainer(sandbox, marked(config), marked(sandboxConfig), options),
    listPodSandbox: (labels, options) => cri.listPodSandbox({ ...labels, ...ours }, options),
    listContainers: (labels, options) => cri.listContainers({ ...labels, ...ours }, options),
  };
}
