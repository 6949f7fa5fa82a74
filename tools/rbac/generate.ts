// Turns the bootstrap policy of a running kube-apiserver into the compact table that ours starts from.
// Invariant: facts only (names, verbs, groups, resources, subjects); the same input gives the same bytes.
// Run by hand, for a new release of Kubernetes:
//   kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o json | sh bin/node tools/rbac/generate.ts > src/apiserver/bootstrap/rbac.gen.json
// Next on the way: src/apiserver/bootstrap/rbacPolicy.ts, which unfolds the table.

import { text } from "node:stream/consumers";

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

interface Item {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  rules?: { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[]; nonResourceURLs?: string[] }[];
  aggregationRule?: { clusterRoleSelectors: { matchLabels: Record<string, string> }[] };
  roleRef?: { kind: string; name: string };
  subjects?: Subject[];
}

const aggregatePrefix = "rbac.authorization.k8s.io/aggregate-to-";

/** [verbs, groups, resources, names?] or [verbs, URLs]; words joined by blanks, the core group written `core`. */
function packRule(rule: NonNullable<Item["rules"]>[number]): string[] {
  const verbs = rule.verbs.join(" ");
  if (rule.nonResourceURLs) return [verbs, rule.nonResourceURLs.join(" ")];
  const groups = (rule.apiGroups ?? []).map((group) => (group === "" ? "core" : group)).join(" ");
  const names = rule.resourceNames ? [rule.resourceNames.join(" ")] : [];
  return [verbs, groups, (rule.resources ?? []).join(" "), ...names];
}

const packSubject = (subject: Subject): string =>
  subject.namespace ? `${subject.kind} ${subject.namespace}/${subject.name}` : `${subject.kind} ${subject.name}`;

function pack(items: readonly Item[]): Record<string, Record<string, unknown>> {
  const table: Record<string, Record<string, unknown>> = { ClusterRole: {}, ClusterRoleBinding: {}, Role: {}, RoleBinding: {} };
  const key = ({ metadata }: Item): string => (metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name);
  const ours = items.filter((item) => item.metadata.labels?.["kubernetes.io/bootstrapping"] === "rbac-defaults");
  for (const item of ours.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))) {
    const of = Object.keys(item.metadata.labels ?? {}).filter((label) => label.startsWith(aggregatePrefix));
    const aggregates = item.aggregationRule?.clusterRoleSelectors.flatMap((selector) => Object.keys(selector.matchLabels));
    const short = (labels: readonly string[]): string[] => labels.map((label) => label.slice(aggregatePrefix.length)).sort();
    const role = {
      ...(of.length > 0 && { aggregateTo: short(of) }),
      ...(aggregates ? { aggregates: short(aggregates) } : { rules: (item.rules ?? []).map(packRule) }),
    };
    const binding = { role: `${item.roleRef?.kind} ${item.roleRef?.name}`, subjects: (item.subjects ?? []).map(packSubject) };
    const kind = table[item.kind];
    if (kind) kind[key(item)] = item.roleRef ? binding : role;
  }
  return table;
}

function print(table: Record<string, Record<string, unknown>>): string {
  const kinds = Object.entries(table).map(([kind, rows]) => {
    const lines = Object.entries(rows).map(([name, row]) => `${JSON.stringify(name)}:${JSON.stringify(row)}`);
    return `${JSON.stringify(kind)}:{\n${lines.join(",\n")}\n}`;
  });
  return `{\n${kinds.join(",\n")}\n}\n`;
}

const input = JSON.parse(await text(process.stdin)) as { items: Item[] };
process.stdout.write(print(pack(input.items)));
