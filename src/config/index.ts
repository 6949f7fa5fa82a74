// The door of config/: versions, flags, kubeconfig.
// Invariant: pure: files are read and written by whoever calls.

export {
  type ApiserverSettings,
  apiserverFlags,
  type ComponentName,
  type ControllerManagerSettings,
  componentFlags,
  controllerManagerFlags,
  type KubeletSettings,
  kubeletFlags,
  type SchedulerSettings,
  schedulerFlags,
  type StoreSettings,
  storeFlags,
  type StoreToolSettings,
  storeToolFlags,
} from "./components.ts";
export {
  type Flag,
  FlagError,
  type FlagTable,
  type FlagType,
  flagHelp,
  nearest,
  parseDurationMs,
  parseFlags,
  type Settings,
} from "./flags.ts";
export {
  type Credentials,
  credentialsOf,
  type Kubeconfig,
  KubeconfigError,
  kubeconfigFor,
  mergeKubeconfig,
  readKubeconfig,
  writeKubeconfig,
} from "./kubeconfig.ts";
export { dhowRelease, etcdVersion, gitVersion, kubernetesVersion, projectVersion, userAgent } from "./versions.ts";
