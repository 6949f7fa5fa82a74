// What `kubectl explain` tells about the kinds that people meet first: one plain sentence each, in our own words.
// Invariant: keys are short type names and field names of the table (a test checks them); absent means no description.
// Called by: schema.ts.   Next on the way: kubectl explain.

const text: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "core.v1.Pod": {
    "": "A group of containers that run together on one node and share its network address.",
    spec: "What should run, and how.",
    status: "What was last seen to run; written by the node.",
  },
  "core.v1.PodSpec": {
    "": "What a pod runs, and under which conditions.",
    containers: "The containers to run. At least one; the list cannot grow or shrink later.",
    initContainers: "Containers that run before the others, one after another, each to its end.",
    volumes: "Storage that the pod's containers can mount.",
    restartPolicy: "What happens when a container ends: Always, OnFailure or Never. Always if left out.",
    nodeName: "The node the pod is bound to. Written by the scheduler.",
    nodeSelector: "Labels that a node must have to be chosen.",
    serviceAccountName: "The identity under which the pod talks to the API.",
    terminationGracePeriodSeconds: "How long containers may take to end before they are killed. 30 if left out.",
    tolerations: "Taints of nodes that this pod puts up with.",
    affinity: "Wishes and conditions about nodes and neighbours.",
    hostNetwork: "Whether the pod uses the network of its node instead of one of its own.",
    imagePullSecrets: "Secrets with credentials for image registries.",
    schedulerName: "Which scheduler chooses the node. default-scheduler if left out.",
    priorityClassName: "The name of the priority that decides who yields when room is short.",
    dnsPolicy: "How names are looked up: ClusterFirst, ClusterFirstWithHostNet, Default or None.",
    securityContext: "Users, groups and rights for all containers of the pod.",
  },
  "core.v1.PodStatus": {
    "": "What was last seen of a pod.",
    phase: "Pending, Running, Succeeded, Failed or Unknown: the pod's life in one word.",
    conditions: "What holds at the moment: scheduled, initialized, ready.",
    podIP: "The pod's address, once it has one.",
    hostIP: "The address of the pod's node.",
    containerStatuses: "How each container does: running, waiting or ended, and how often it was restarted.",
    startTime: "When the node took the pod on.",
  },
  "core.v1.Container": {
    "": "One program in its own file system.",
    name: "The container's name, unique in its pod.",
    image: "The image to run.",
    imagePullPolicy: "When to pull the image: Always, IfNotPresent or Never.",
    command: "The program to run instead of the image's entry point.",
    args: "Arguments for the program, instead of the image's.",
    env: "Environment variables.",
    ports: "Ports that the program listens on. Telling them is information, not permission.",
    resources: "How much processor and memory it asks for, and how much it may use.",
    volumeMounts: "Where volumes of the pod appear in the container's file system.",
    livenessProbe: "A check whose failure restarts the container.",
    readinessProbe: "A check whose failure takes the pod out of its Services.",
    startupProbe: "A check that must succeed once before the other probes begin.",
    workingDir: "The directory in which the program starts.",
  },
  "core.v1.PodTemplateSpec": {
    "": "The pattern from which pods are made.",
    spec: "What the pods run.",
  },
  "apps.v1.Deployment": {
    "": "Keeps a number of equal pods running and replaces them step by step when their template changes.",
    spec: "What should run, how many, and how changes roll out.",
    status: "How far the rollout has come.",
  },
  "apps.v1.DeploymentSpec": {
    "": "What a Deployment should keep running.",
    replicas: "How many pods to keep. 1 if left out.",
    selector: "Which pods belong to this Deployment. Must match the template's labels and cannot change.",
    template: "The pattern of the pods.",
    strategy: "How old pods are replaced by new ones.",
    minReadySeconds: "How long a new pod must be ready before it counts as available.",
    revisionHistoryLimit: "How many old ReplicaSets to keep for a rollback. 10 if left out.",
    paused: "Whether changes wait instead of rolling out.",
    progressDeadlineSeconds: "How long a rollout may stand still before it counts as failed. 600 if left out.",
  },
  "apps.v1.DeploymentStatus": {
    "": "How a Deployment does.",
    replicas: "How many pods there are.",
    updatedReplicas: "How many pods follow the newest template.",
    readyReplicas: "How many pods are ready.",
    availableReplicas: "How many pods have been ready for minReadySeconds.",
    observedGeneration: "The generation of the spec that this status is about.",
    conditions: "What holds at the moment: available, progressing.",
  },
  "apps.v1.ReplicaSet": {
    "": "Keeps a number of equal pods running. Mostly made by a Deployment.",
    spec: "Which pods, and how many.",
    status: "How many there are.",
  },
  "apps.v1.ReplicaSetSpec": {
    "": "What a ReplicaSet should keep running.",
    replicas: "How many pods to keep. 1 if left out.",
    selector: "Which pods belong to this ReplicaSet.",
    template: "The pattern of the pods.",
    minReadySeconds: "How long a new pod must be ready before it counts as available.",
  },
  "core.v1.Service": {
    "": "A lasting name and address for a changing set of pods.",
    spec: "Which pods, which ports, and how they are reached.",
    status: "What was last seen, such as the address of a load balancer.",
  },
  "core.v1.ServiceSpec": {
    "": "How a set of pods is reached.",
    selector: "Labels of the pods behind the Service.",
    ports: "The Service's ports and where they lead.",
    type: "ClusterIP, NodePort, LoadBalancer or ExternalName.",
    clusterIP: "The Service's address in the cluster; None for a headless Service.",
    externalName: "The DNS name that an ExternalName Service stands for.",
    sessionAffinity: "ClientIP sends a client's connections to the same pod; None does not.",
  },
  "core.v1.ConfigMap": {
    "": "Settings for pods to read, as text or bytes under keys.",
    data: "The settings, as text.",
    binaryData: "Settings that are not text, in base64.",
    immutable: "Whether the settings may never change again.",
  },
  "core.v1.Secret": {
    "": "Small secrets for pods to read: passwords, tokens, keys.",
    data: "The secrets, in base64.",
    stringData: "Secrets as plain text, for writing only; they end up in data.",
    type: "What kind of secret it is; decides which keys it must have.",
    immutable: "Whether the secrets may never change again.",
  },
  "core.v1.Namespace": {
    "": "A room in the cluster: names are unique within it, and it is deleted with all it holds.",
    spec: "What must be done before the namespace may go.",
    status: "Whether it is Active or Terminating.",
  },
  "core.v1.Node": {
    "": "A machine that runs pods.",
    spec: "How pods may use the node.",
    status: "What the node last said of itself.",
  },
  "core.v1.NodeSpec": {
    "": "How pods may use a node.",
    unschedulable: "Whether new pods stay away (kubectl cordon).",
    taints: "Marks that keep away pods which do not tolerate them.",
    podCIDR: "The range of addresses for the node's pods.",
    providerID: "The machine's name at whoever provides it.",
  },
  "core.v1.NodeStatus": {
    "": "What a node last said of itself.",
    capacity: "All that the machine has.",
    allocatable: "What of it pods may use.",
    conditions: "What holds at the moment, above all whether it is Ready.",
    addresses: "Where the node is reached.",
    nodeInfo: "Kernel, operating system, runtime and agent.",
    images: "Container images that are on the node.",
  },
};

const common: Readonly<Record<string, string>> = {
  apiVersion: "Group and version of the API that this object is written in.",
  kind: "What this object is.",
};
const metadata = "Name, namespace, labels and other facts that every object has.";

/** `io.k8s.api.core.v1.Pod` → `core.v1.Pod`. */
const shortName = (type: string): string => type.split(".").slice(-3).join(".");

function find(type: string, field: string): string | undefined {
  const name = shortName(type);
  const about = type.startsWith("io.k8s.api.") && Object.hasOwn(text, name) ? text[name] : undefined;
  return about && Object.hasOwn(about, field) ? about[field] : undefined;
}

export function describeType(type: string): string | undefined {
  return find(type, "");
}

export function describeField(type: string, field: string, ref: string | undefined): string | undefined {
  const own = find(type, field);
  if (own !== undefined) return own;
  if (field === "metadata" && ref?.endsWith(".ObjectMeta")) return metadata;
  return Object.hasOwn(common, field) ? common[field] : undefined;
}

/** Every type and field described, for the test that holds them against the table. */
export function described(): { type: string; field: string }[] {
  return Object.entries(text).flatMap(([type, fields]) => Object.keys(fields).map((field) => ({ type: `io.k8s.api.${type}`, field })));
}
