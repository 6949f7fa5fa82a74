// The authorizer: masters may everything, nodes what the node rules say, everybody what RBAC says.
// Invariant: the first that allows decides; reasons of those that had no opinion are joined for the 403.
// Called by: the pipeline's authorize stage.   Next on the way: node.ts, rbac.ts.

import type { Attributes, Authorizer } from "../stages.ts";
import { authorizeNode, nodeNameOf } from "./node.ts";
import type { NodeGraph } from "./nodeGraph.ts";
import { authorizeByRbac, type Decision } from "./rbac.ts";
import type { RbacIndex } from "./rbacIndex.ts";
import type { Rule } from "./rules.ts";

export const privilegedGroup = "system:masters";

export interface AuthorizerParts {
  readonly rbac: RbacIndex;
  readonly nodes: NodeGraph;
  /** What every node may beyond what the node rules decide by name. */
  readonly nodeRules: readonly Rule[];
}

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  return { authorize: async (a) => decide(parts, a) };
}

/** The same, synchronously; for reviews and escalation checks. */
export function decide({ rbac, nodes, nodeRules }: AuthorizerParts, a: Attributes): Decision {
  if (a.user.groups.includes(privilegedGroup)) return { allowed: true, reason: "" };
  const byNode = nodeNameOf(a.user) === undefined ? undefined : authorizeNode(nodes, nodeRules, a);
  if (byNode?.allowed) return byNode;
  const byRbac = authorizeByRbac(rbac, a);
  if (byRbac.allowed || !byNode?.reason) return byRbac;
  return { allowed: false, reason: byRbac.reason === "" ? byNode.reason : `${byNode.reason}, ${byRbac.reason}` };
}
