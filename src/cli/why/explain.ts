// From evidence to an explanation: one function per kind, and one for any other.
// Invariant: pure: the same evidence gives the same sentences.
// Called by: why.ts, tests. Next on the way: pod.ts, workload.ts, others.ts.

import { gone } from "./deletion.ts";
import type { Evidence } from "./evidence.ts";
import { fieldFindings } from "./field.ts";
import type { Explanation } from "./finding.ts";
import { explainAny, explainNamespace, explainNode, explainService } from "./others.ts";
import { explainPod } from "./pod.ts";
import { explainWorkload } from "./workload.ts";

const explanations: Readonly<Record<string, (evidence: Evidence) => Explanation>> = {
  Pod: explainPod,
  Deployment: explainWorkload,
  ReplicaSet: explainWorkload,
  StatefulSet: explainWorkload,
  DaemonSet: explainWorkload,
  ReplicationController: explainWorkload,
  Job: explainWorkload,
  CronJob: explainWorkload,
  Node: explainNode,
  Namespace: explainNamespace,
  Service: explainService,
};

/** No findings: there is no such object, and nobody remembers one. */
export function explain(evidence: Evidence, field?: string): Explanation {
  if (!evidence.object) return { findings: gone(evidence) };
  if (field !== undefined) return { findings: fieldFindings(evidence, field) };
  return (explanations[evidence.info.kind] ?? explainAny)(evidence);
}
