// Why a pod has no node: the scheduler's own pure filters, asked again now, node by node.
// Invariant: the words of each refusal are the scheduler's; numbers beside them come from the same views it decided on.
// Called by: pod.ts. Next on the way: scheduler/cycle.ts.

import type { Pod } from "#api";
import type { Live } from "#client";
import { defaultPlugins, filterNode, type NodeView, type PodView, viewNode, viewPod, withPod } from "#scheduler";
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { ago, amount, count, list, sentence } from "./words.ts";

/** Above this many nodes the numbers of each would hide what they have in common. */
const nodesWithNumbers = 20;
const linesLimit = 12;

/** Reasons are worded for counts of nodes; here each stands for one. */
function ofOne(reason: string): string {
  const forms: readonly [RegExp, string][] = [
    [/^node\(s\) were /, "is "],
    [/^node\(s\) had /, "has "],
    [/^node\(s\) didn't /, "does not "],
    [/^node\(s\) /, ""],
  ];
  const form = forms.find(([pattern]) => pattern.test(reason));
  return form ? reason.replace(...form) : reason;
}

const holdsRoom = (pod: Live<Pod>): boolean =>
  pod.spec?.nodeName !== undefined && pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed";

export function nodeViews({ nodes, pods }: Pick<Evidence, "nodes" | "pods">): readonly NodeView[] {
  const onNode = Map.groupBy(pods.filter(holdsRoom), (pod) => pod.spec?.nodeName ?? "");
  return nodes.map((node) => (onNode.get(node.metadata.name) ?? []).reduce((view, pod) => withPod(view, viewPod(pod)), viewNode(node)));
}

function numbers(reason: string, pod: PodView, node: NodeView): string {
  const resource = /^Insufficient (\S+)$/.exec(reason)?.[1];
  if (reason === "Too many pods") return ` (${node.podCount} of ${node.allocatable.get("pods") ?? 0})`;
  if (resource === undefined) return "";
  const [all, used] = [node.allocatable.get(resource) ?? 0, node.requested.get(resource) ?? 0];
  return ` (asks for ${amount(resource, pod.requests.get(resource) ?? 0)}, ${amount(resource, all - used)} of ${amount(resource, all)} free)`;
}

/** One line per node, or per reason where there are many nodes. */
function refusals(pod: PodView, views: readonly NodeView[]): { readonly lines: string[]; readonly fitting: string[] } {
  const fitting: string[] = [];
  const byReason = new Map<string, string[]>();
  for (const view of views) {
    const refusal = filterNode(defaultPlugins, pod, view, views);
    if (!refusal) {
      fitting.push(view.name);
      continue;
    }
    const precise = views.length <= nodesWithNumbers;
    const words = refusal.reasons.map((reason) => ofOne(reason) + (precise ? numbers(reason, pod, view) : "")).join(", ");
    const text = `${words} [${refusal.plugin}]`;
    byReason.set(text, [...(byReason.get(text) ?? []), view.name]);
  }
  const lines = [...byReason].map(([text, names]) => `${names.length > 3 ? count(names.length, "node") : names.join(", ")}: ${text}`);
  const hidden = lines.length - linesLimit;
  return { lines: hidden > 0 ? [...lines.slice(0, linesLimit), `and ${count(hidden, "more reason")}`] : lines, fitting };
}

export function scheduling(evidence: Evidence, pod: Live<Pod>): Finding[] {
  const { nowMs, history } = evidence;
  const { namespace = "", name } = pod.metadata;
  const gates = (pod.spec?.schedulingGates ?? []).map((gate) => gate.name);
  if (gates.length > 0)
    return [
      {
        topic: "scheduling",
        from: "spec.schedulingGates",
        text: `It is held back by scheduling gates: ${list(gates)}. Whoever set them must remove them.`,
      },
    ];
  const scheduler = pod.spec?.schedulerName ?? "default-scheduler";
  const attempts = history.attempts(namespace, name);
  const last = attempts.at(-1);
  if (scheduler !== "default-scheduler" && !last)
    return [
      {
        topic: "scheduling",
        from: "spec.schedulerName",
        text: `It waits for a scheduler named ${JSON.stringify(scheduler)}; this cluster's own is default-scheduler.`,
      },
    ];
  const tried = last
    ? `The scheduler has tried it ${count(attempts.length, "time")}, last ${ago(nowMs, last.atMs)}: ${sentence(last.decision)}`
    : "No scheduler has looked at it yet, as far as is recorded.";
  const view = viewPod(pod);
  const views = nodeViews(evidence);
  const { lines, fitting } = refusals(view, views);
  const now =
    views.length === 0
      ? "There is no node."
      : fitting.length > 0
        ? `Asked again now, it fits on ${list(fitting)}: the next attempt will bind it.`
        : `Asked again now, none of ${count(views.length, "node")} takes it:`;
  return [
    { topic: "scheduling", from: "scheduler's decisions", text: tried },
    { topic: "scheduling", from: "scheduler, asked again now", text: now, ...(lines.length > 0 ? { details: lines } : {}) },
  ];
}
