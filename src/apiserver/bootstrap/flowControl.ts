// The flow schemas and priority levels that every cluster has: who waits with whom, and how much each level may do at once.
// Invariant: names, precedence and shares are upstream's; they are objects to look at and to change, our own bounds do not read them yet.
// Called by: objects.ts. Next on the way: pipeline.ts, whose two plain bounds stand in for them.

import type { ApiObject } from "#api";

const apiVersion = "flowcontrol.apiserver.k8s.io/v1";
const annotations = { "apf.kubernetes.io/autoupdate-spec": "true" };

/** name, shares, lendable percent, queues, hand size; without queues what is too much is rejected. */
const levels: readonly (readonly [name: string, shares: number, lendable: number, queues?: number, hand?: number])[] = [
  ["leader-election", 10, 0, 16, 4],
  ["node-high", 40, 25, 64, 6],
  ["system", 30, 33, 64, 6],
  ["workload-high", 40, 50, 128, 6],
  ["workload-low", 100, 90, 128, 6],
  ["global-default", 20, 50, 128, 6],
  ["catch-all", 5, 0],
];

export function priorityLevels(): ApiObject[] {
  const made = (name: string, spec: object): ApiObject => ({
    kind: "PriorityLevelConfiguration",
    apiVersion,
    metadata: { name, annotations },
    spec,
  });
  return [
    made("exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    ...levels.map(([name, nominalConcurrencyShares, lendablePercent, queues, handSize]) => {
      const queuing = queues === undefined ? undefined : { queues, handSize, queueLengthLimit: 50 };
      const limitResponse = queuing ? { type: "Queue", queuing } : { type: "Reject" };
      return made(name, { type: "Limited", limited: { nominalConcurrencyShares, lendablePercent, limitResponse } });
    }),
  ];
}

type Subject = Readonly<Record<string, unknown>>;
const groups = (...names: readonly string[]): Subject[] => names.map((name) => ({ kind: "Group", group: { name } }));
const users = (...names: readonly string[]): Subject[] => names.map((name) => ({ kind: "User", user: { name } }));
const accounts = (namespace: string): Subject => ({ kind: "ServiceAccount", serviceAccount: { namespace, name: "*" } });

const all = ["*"];
const everything = {
  resourceRules: [{ verbs: all, apiGroups: all, resources: all, clusterScope: true, namespaces: all }],
  nonResourceRules: [{ verbs: all, nonResourceURLs: all }],
};
const leaseRule = (verbs: readonly string[]): object => ({
  verbs,
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  namespaces: all,
});
const everybody = groups("system:unauthenticated", "system:authenticated");

interface Schema {
  readonly name: string;
  readonly precedence: number;
  readonly level: string;
  readonly method?: "ByUser" | "ByNamespace";
  readonly subjects: readonly Subject[];
  readonly rules?: object;
}

const schemas: readonly Schema[] = [
  { name: "exempt", precedence: 1, level: "exempt", subjects: groups("system:masters") },
  {
    name: "probes",
    precedence: 2,
    level: "exempt",
    subjects: everybody,
    rules: { nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }] },
  },
  {
    name: "system-leader-election",
    precedence: 100,
    level: "leader-election",
    method: "ByUser",
    subjects: [...users("system:kube-controller-manager", "system:kube-scheduler"), accounts("kube-system")],
    rules: { resourceRules: [leaseRule(["get", "create", "update"])] },
  },
  {
    name: "system-node-high",
    precedence: 400,
    level: "node-high",
    method: "ByUser",
    subjects: groups("system:nodes"),
    rules: {
      resourceRules: [
        { verbs: all, apiGroups: [""], resources: ["nodes", "nodes/status"], clusterScope: true, namespaces: all },
        leaseRule(all),
      ],
    },
  },
  { name: "system-nodes", precedence: 500, level: "system", method: "ByUser", subjects: groups("system:nodes") },
  {
    name: "kube-controller-manager",
    precedence: 800,
    level: "workload-high",
    method: "ByNamespace",
    subjects: users("system:kube-controller-manager"),
  },
  { name: "kube-scheduler", precedence: 800, level: "workload-high", method: "ByNamespace", subjects: users("system:kube-scheduler") },
  {
    name: "kube-system-service-accounts",
    precedence: 900,
    level: "workload-high",
    method: "ByNamespace",
    subjects: [accounts("kube-system")],
  },
  { name: "service-accounts", precedence: 9000, level: "workload-low", method: "ByUser", subjects: groups("system:serviceaccounts") },
  { name: "global-default", precedence: 9900, level: "global-default", method: "ByUser", subjects: everybody },
  { name: "catch-all", precedence: 10_000, level: "catch-all", method: "ByUser", subjects: everybody },
];

export function flowSchemas(): ApiObject[] {
  return schemas.map(({ name, precedence, level, method, subjects, rules }) => ({
    kind: "FlowSchema",
    apiVersion,
    metadata: { name, annotations },
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(method && { distinguisherMethod: { type: method } }),
      rules: [{ subjects, ...(rules ?? everything) }],
    },
  }));
}
