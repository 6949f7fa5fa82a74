// What no published table of the API carries: the order of the groups, short names, categories.
// Invariant: exactly what upstream's discovery tells (release 1.36, default feature gates).
// Called by: resources.ts. Next on the way: apiserver/discovery, kubectl's shortcuts.

/** Group versions in upstream's order of discovery; the first version of a group is its preferred one. */
export const servedGroupVersions: readonly string[] = [
  "v1",
  "apiregistration.k8s.io/v1",
  "apps/v1",
  "events.k8s.io/v1",
  "authentication.k8s.io/v1",
  "authorization.k8s.io/v1",
  "autoscaling/v2",
  "autoscaling/v1",
  "batch/v1",
  "certificates.k8s.io/v1",
  "networking.k8s.io/v1",
  "policy/v1",
  "rbac.authorization.k8s.io/v1",
  "storage.k8s.io/v1",
  "admissionregistration.k8s.io/v1",
  "apiextensions.k8s.io/v1",
  "scheduling.k8s.io/v1",
  "coordination.k8s.io/v1",
  "node.k8s.io/v1",
  "discovery.k8s.io/v1",
  "resource.k8s.io/v1",
  "flowcontrol.apiserver.k8s.io/v1",
];

/** By plural name; the same word means the same thing in every group that has it. */
export const shortNames: Readonly<Record<string, readonly string[]>> = {
  certificatesigningrequests: ["csr"],
  componentstatuses: ["cs"],
  configmaps: ["cm"],
  cronjobs: ["cj"],
  customresourcedefinitions: ["crd", "crds"],
  daemonsets: ["ds"],
  deployments: ["deploy"],
  endpoints: ["ep"],
  events: ["ev"],
  horizontalpodautoscalers: ["hpa"],
  ingresses: ["ing"],
  ipaddresses: ["ip"],
  limitranges: ["limits"],
  namespaces: ["ns"],
  networkpolicies: ["netpol"],
  nodes: ["no"],
  persistentvolumeclaims: ["pvc"],
  persistentvolumes: ["pv"],
  poddisruptionbudgets: ["pdb"],
  pods: ["po"],
  priorityclasses: ["pc"],
  replicasets: ["rs"],
  replicationcontrollers: ["rc"],
  resourcequotas: ["quota"],
  serviceaccounts: ["sa"],
  services: ["svc"],
  statefulsets: ["sts"],
  storageclasses: ["sc"],
  volumeattributesclasses: ["vac"],
};

const all = ["all"];
const extensions = ["api-extensions"];

export const categories: Readonly<Record<string, readonly string[]>> = {
  apiservices: extensions,
  cronjobs: all,
  customresourcedefinitions: extensions,
  daemonsets: all,
  deployments: all,
  horizontalpodautoscalers: all,
  jobs: all,
  mutatingadmissionpolicies: extensions,
  mutatingadmissionpolicybindings: extensions,
  mutatingwebhookconfigurations: extensions,
  pods: all,
  replicasets: all,
  replicationcontrollers: all,
  services: all,
  statefulsets: all,
  validatingadmissionpolicies: extensions,
  validatingadmissionpolicybindings: extensions,
  validatingwebhookconfigurations: extensions,
};
