// The door of kubelet/: the node agent as a library, its HTTPS API as a handler, and the two kinds of volumes.
// Invariant: knows the cluster only through #client and the containers only through #cri.

export { oomScoreAdj } from "./containers/resources.ts";
export { createKubelet, type Kubelet } from "./kubelet.ts";
export { kubeletHandler, type KubeletHandlerOptions } from "./server/handler.ts";
export type { KubeletDependencies, KubeletSettings, NodeMachine } from "./settings.ts";
export type { PodVolumes, Volumes } from "./volumes/contract.ts";
export { hostVolumes } from "./volumes/host.ts";
export { simulatedVolumes } from "./volumes/simulated.ts";
