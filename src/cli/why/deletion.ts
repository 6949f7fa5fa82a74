// Why an object is gone or going: who asked for it and because of what, and which finalizer it still waits for.
// Invariant: of several requests to delete, the first one set the end in motion; what a node agent sends last only confirms it.
// Called by: explain.ts. Next on the way: history.ts, field.ts.

import { findKind } from "#api";
import type { Evidence } from "./evidence.ts";
import { ownersOf } from "./field.ts";
import type { Finding } from "./finding.ts";
import type { Write } from "./history.ts";
import { ago, count, sentence } from "./words.ts";

const namespaces = findKind("", "v1", "Namespace");

/** Where the object itself was not named: the end of its namespace ends it too. */
function namespaceEnd({ history, namespace, nowMs }: Evidence): string | undefined {
  if (namespace === undefined || !namespaces) return undefined;
  const write = history.writesOf(namespaces, undefined, namespace).findLast((one) => one.verb === "DELETE");
  return write ? `It goes with its namespace, which was ${sentence(history.because(write, nowMs))}` : undefined;
}

/** The request that began the newest end: since the object was last created. */
export function askedToDelete({ history, info, namespace, name }: Evidence): Write | undefined {
  const writes = history.writesOf(info, namespace, name);
  const made = writes.findLast((write) => write.verb === "POST" && write.subresource === "");
  return writes.find((write) => (write.verb === "DELETE" || write.subresource === "eviction") && write.revision > (made?.revision ?? 0));
}

const known: Readonly<Record<string, string>> = {
  foregroundDeletion: "the garbage collector removes it when everything the object owns is gone",
  orphan: "the garbage collector removes it when what the object owns has been let go",
  kubernetes: "the namespace controller removes it when the namespace is empty",
  "batch.kubernetes.io/job-tracking": "the job controller removes it when it has counted the pod",
  "kubernetes.io/pvc-protection": "it goes when no pod uses the claim any more",
  "kubernetes.io/pv-protection": "it goes when no claim is bound to the volume any more",
};

function finalizerLine(evidence: Evidence, finalizer: string): string {
  const { object, nowMs } = evidence;
  const meaning = known[finalizer];
  if (meaning !== undefined) return `${finalizer}: ${meaning}`;
  const owner =
    object &&
    ownersOf(object, ["metadata", "finalizers", "[]"].slice(0, 2)).find((entry) =>
      JSON.stringify(entry.fieldsV1).includes(JSON.stringify(`v:${JSON.stringify(finalizer)}`).slice(1, -1)),
    );
  const by = owner ? `set by manager ${JSON.stringify(owner.manager ?? "")} ${ago(nowMs, Date.parse(owner.time ?? ""))}; ` : "";
  return `${finalizer}: ${by}nothing in this cluster is known to remove it, so its own controller must`;
}

export function gone(evidence: Evidence): Finding[] {
  const { history, info, namespace, name, nowMs } = evidence;
  const asked = askedToDelete(evidence);
  if (!asked) return [];
  const last = history.writesOf(info, namespace, name).findLast((write) => write.verb === "DELETE" || write.subresource === "finalize");
  const ended = last && last !== asked ? ` It was gone ${ago(nowMs, last.endMs)} (revision ${last.revision}).` : "";
  return [{ topic: "deletion", from: "revisions and their causes", text: `It was ${sentence(history.because(asked, nowMs))}${ended}` }];
}

export function going(evidence: Evidence): Finding[] {
  const { object, nowMs, history } = evidence;
  const { deletionTimestamp, finalizers: own = [] } = object?.metadata ?? {};
  if (!object || deletionTimestamp === undefined) return [];
  const asked = askedToDelete(evidence);
  const by = asked
    ? `Its end was asked for: ${sentence(history.because(asked, nowMs))}`
    : (namespaceEnd(evidence) ?? "Its deletion was asked for; by whom is not in the traces that are kept.");
  const spec = (object as { spec?: { finalizers?: readonly string[] } }).spec?.finalizers;
  const finalizers = [...own, ...(Array.isArray(spec) ? spec : [])];
  const findings: Finding[] = [{ topic: "deletion", from: "revisions and their causes", text: by }];
  if (finalizers.length > 0)
    findings.push({
      topic: "deletion",
      from: "metadata.finalizers",
      text: `It cannot go while it has ${count(finalizers.length, "finalizer")}:`,
      details: finalizers.map((finalizer) => finalizerLine(evidence, finalizer)),
    });
  return findings;
}
