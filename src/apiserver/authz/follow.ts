// Keeps the RBAC index and the node graph equal to what the watch cache holds.
// Invariant: returns only after the first fill of every kind, so that no early request is refused for want of knowledge.
// Called by: createApiServer, once, before the server calls itself ready.   Next on the way: rbacIndex.ts, nodeGraph.ts.

import { nodeRules } from "../bootstrap/rbacPolicy.ts";
import type { ObjectReader } from "../stages.ts";
import type { AuthorizerParts } from "./authorizer.ts";
import { NodeGraph } from "./nodeGraph.ts";
import { RbacIndex } from "./rbacIndex.ts";

const group = "rbac.authorization.k8s.io";
const kinds = {
  clusterroles: "ClusterRole",
  roles: "Role",
  clusterrolebindings: "ClusterRoleBinding",
  rolebindings: "RoleBinding",
} as const;

export function newAuthorizerParts(): AuthorizerParts {
  return { rbac: new RbacIndex(), nodes: new NodeGraph(), nodeRules: nodeRules() };
}

export async function followAuthorization(reader: ObjectReader, { rbac, nodes }: AuthorizerParts): Promise<void> {
  const roles = Object.entries(kinds).map(([resource, kind]) =>
    reader.follow(group, resource, (namespace, name, object) => (object ? rbac.put(object) : rbac.remove(kind, namespace, name))),
  );
  const pods = reader.followUnread("", "pods", (namespace, name, pod) => {
    if (pod) nodes.changed(namespace, name, pod.fields["spec.nodeName"] ?? "", () => pod.read());
    else nodes.remove(namespace, name);
  });
  await Promise.all([...roles, pods]);
}
