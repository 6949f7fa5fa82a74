// The node authorizer: a node reads its own Node, its pods, and only what its pods name.
// Invariant: never allows reading a secret that no pod of that node names. Reasons are upstream's.
// Called by: authorizer.ts.   Next on the way: nodeRestriction.ts, which checks what a node writes.

import type { Attributes, UserInfo } from "../stages.ts";
import type { NodeGraph } from "./nodeGraph.ts";
import type { Decision } from "./rbac.ts";
import { type Rule, ruleAllows } from "./rules.ts";

const userPrefix = "system:node:";

/** The node a user is: undefined for other users, "" for a member of system:nodes without a node's name. */
export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(userPrefix) || !user.groups.includes("system:nodes")) return undefined;
  return user.name.slice(userPrefix.length);
}

const allow: Decision = { allowed: true, reason: "" };
const deny = (reason = ""): Decision => ({ allowed: false, reason });

export function authorizeNode(graph: NodeGraph, rules: readonly Rule[], a: Attributes): Decision {
  const nodeName = nodeNameOf(a.user) ?? "";
  if (nodeName === "") return deny(`unknown node for user ${JSON.stringify(a.user.name)}`);
  if (a.isResourceRequest) {
    const special = ownRules[`${a.apiGroup ?? ""}/${a.resource ?? ""}`];
    if (special) return special(nodeName, graph, a);
  }
  return rules.some((rule) => ruleAllows(rule, a)) ? allow : deny();
}

type Check = (nodeName: string, graph: NodeGraph, a: Attributes) => Decision;
type Vertex = Parameters<NodeGraph["reaches"]>[1];

function related(nodeName: string, graph: NodeGraph, vertex: Vertex, a: Attributes): Decision {
  if (!a.name) return deny("No Object name found");
  if (graph.reaches(nodeName, vertex, a.namespace ?? "", a.name)) return allow;
  return deny(`no relationship found between node '${nodeName}' and this object`);
}

const readNamespaced =
  (vertex: Vertex): Check =>
  (nodeName, graph, a) => {
    if (!["get", "list", "watch"].includes(a.verb)) return deny("can only read resources of this type");
    if (a.subresource) return deny("cannot read subresource");
    if (!a.namespace) return deny("can only read namespaced object of this type");
    return related(nodeName, graph, vertex, a);
  };

const getOnly =
  (vertex: Vertex): Check =>
  (nodeName, graph, a) => {
    if (a.verb !== "get") return deny("can only get individual resources of this type");
    if (a.subresource) return deny("cannot get subresource");
    return related(nodeName, graph, vertex, a);
  };

const serviceAccount: Check = (nodeName, graph, a) => {
  if (a.verb === "get" && !a.subresource) return readNamespaced("serviceaccount")(nodeName, graph, a);
  if (a.verb !== "create" || !a.name) return deny("can only create tokens for individual service accounts");
  if (a.subresource !== "token") return deny("can only create token subresource of serviceaccount");
  return related(nodeName, graph, "serviceaccount", a);
};

const ownVerbs = ["get", "create", "update", "patch", "delete"];

const lease: Check = (nodeName, _graph, a) => {
  if (!ownVerbs.includes(a.verb)) return deny("can only get, create, update, patch, or delete a node lease");
  if (a.namespace !== "kube-node-lease") return deny('can only access leases in the "kube-node-lease" system namespace');
  if (a.verb !== "create" && a.name !== nodeName) return deny("can only access node lease with the same name as the requesting node");
  return allow;
};

const csiNode: Check = (nodeName, _graph, a) => {
  if (!ownVerbs.includes(a.verb)) return deny("can only get, create, update, patch, or delete a CSINode");
  if (a.subresource) return deny("cannot authorize CSINode subresources");
  if (a.verb !== "create" && a.name !== nodeName) return deny("can only access CSINode with the same name as the requesting node");
  return allow;
};

const node: Check = (nodeName, _graph, a) => {
  if (a.subresource === "status") return a.verb === "update" || a.verb === "patch" ? allow : deny();
  if (a.subresource) return deny();
  if (["create", "update", "patch"].includes(a.verb)) return allow;
  if (!["get", "list", "watch"].includes(a.verb)) return deny();
  if (a.name === nodeName) return allow;
  if (!a.name) return deny(`node '${nodeName}' cannot read all nodes, only its own Node object`);
  return deny(`node '${nodeName}' cannot read '${a.name}', only its own Node object`);
};

const pod: Check = (nodeName, graph, a) => {
  if (a.subresource === "status") return a.verb === "update" || a.verb === "patch" ? allow : deny();
  if (a.subresource === "eviction") return a.verb === "create" ? allow : deny();
  if (a.subresource) return deny();
  if (a.verb === "create" || a.verb === "delete") return allow;
  if (a.verb === "get") return related(nodeName, graph, "pod", a);
  if (a.verb !== "list" && a.verb !== "watch") return deny();
  if (selectsField(a.fieldSelector, "spec.nodeName", nodeName)) return allow;
  return a.name ? related(nodeName, graph, "pod", a) : deny("can only list/watch pods with spec.nodeName field selector");
};

/** Whether a field selector's text pins `field` to `value`. */
function selectsField(selector: string | undefined, field: string, value: string): boolean {
  return (selector ?? "").split(",").some((term) => term === `${field}=${value}` || term === `${field}==${value}`);
}

const ownRules: Readonly<Record<string, Check>> = {
  "/secrets": readNamespaced("secret"),
  "/configmaps": readNamespaced("configmap"),
  "/serviceaccounts": serviceAccount,
  "/nodes": node,
  "/pods": pod,
  "/persistentvolumeclaims": getOnly("pvc"),
  "resource.k8s.io/resourceclaims": getOnly("resourceclaim"),
  "coordination.k8s.io/leases": lease,
  "storage.k8s.io/csinodes": csiNode,
};
