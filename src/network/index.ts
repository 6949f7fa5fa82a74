// The door of network/: how pods get addresses, and how that is undone.
// Invariant: interfaces, chains and files of ours carry the cluster's name.

export { cleanupCni, leftoverRules } from "./cni/cleanup.ts";
export { bridgeName, type CniSettings, cniConflist, conflistFile, networkName } from "./cni/config.ts";
export { type ApiRoute, routeApi } from "./api/route.ts";
export {
  addressText,
  firstPodNetwork,
  freePodNetwork,
  nodeRange,
  ownBridges,
  parsePodNetwork,
  rangeHolders,
  rangeText,
} from "./pods/range.ts";
export { type PodRoute, routePods } from "./pods/route.ts";
