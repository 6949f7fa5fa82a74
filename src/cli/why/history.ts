// What was written, by whom, and because of which revisions: the API server's spans as a history that can be asked.
// Invariant: a cause is a revision; the chain ends where nothing is kept any more, and never runs in a circle.
// Called by: evidence.ts, which makes one; every explanation. Next on the way: words.ts.

import type { ResourceInfo } from "#api";
import type { Span } from "#lib";
import { ago, person } from "./words.ts";

export interface Write {
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: string;
  readonly revision: number;
  readonly causes: readonly number[];
  readonly traceId: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Decision {
  readonly component: string;
  readonly atMs: number;
  readonly decision: string;
  readonly span: Span;
}

export interface History {
  /** Oldest first. */
  writesOf(info: ResourceInfo, namespace: string | undefined, name: string): readonly Write[];
  /** Reconciles of the control loops over this object that decided something, oldest first. */
  decisionsOn(kind: string, namespace: string | undefined, name: string): readonly Decision[];
  /** Attempts of the scheduler, oldest first. */
  attempts(namespace: string, pod: string): readonly Decision[];
  /** The node agent's passes over a pod that did something, oldest first. */
  passes(namespace: string, pod: string): readonly Span[];
  /** `created by A 3s ago (revision 7), because … `. */
  because(write: Write, nowMs: number): string;
}

const numbers = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number).filter(Number.isSafeInteger) : []);
const text = (value: Span["attributes"][string] | undefined): string =>
  typeof value === "object" ? value.join(", ") : String(value ?? "");

function writeOf(span: Span): Write | undefined {
  const match = /^(POST|PUT|PATCH|DELETE) ([a-z0-9.]+)(?:\/(.+))?$/.exec(span.name);
  const key = span.attributes["key"];
  if (!match || span.component !== "apiserver" || typeof key !== "string") return undefined;
  const parts = key.split("/");
  return {
    verb: match[1]!,
    resource: match[2]!,
    subresource: match[3] ?? "",
    // Of a cluster-wide object this is its resource, and nobody asks.
    namespace: parts.at(-2) ?? "",
    name: parts.at(-1)!,
    user: text(span.attributes["user"]),
    revision: Number(span.attributes["revision"]),
    causes: numbers(span.attributes["causes"]),
    traceId: span.traceId,
    startMs: span.startMs,
    endMs: span.endMs,
  };
}

const participles: Readonly<Record<string, string>> = {
  "POST ": "created",
  "DELETE ": "deleted",
  "POST binding": "bound to its node",
  "POST eviction": "evicted",
  "PATCH scale": "scaled",
  "PUT scale": "scaled",
  "PUT finalize": "freed of finalizers",
};

export function did({ verb, subresource }: Pick<Write, "verb" | "subresource">): string {
  return participles[`${verb} ${subresource}`] ?? (subresource === "status" ? "given a new status" : "changed");
}

const chainLimit = 8;

export function historyOf(spans: readonly Span[]): History {
  const ordered = spans.toSorted((a, b) => a.startMs - b.startMs);
  const writes = ordered.flatMap((span) => writeOf(span) ?? []);
  const byRevision = new Map(writes.map((write) => [write.revision, write]));
  const keyed = (component: string, keys: readonly string[]): Span[] =>
    ordered.filter((span) => (component === "" || span.component === component) && keys.includes(text(span.attributes["key"])));
  const full = (namespace: string | undefined, name: string): string => (namespace ? `${namespace}/${name}` : name);
  const step = (write: Write, nowMs: number): string =>
    `${did(write)} by ${person(write.user)} ${ago(nowMs, write.endMs)} (revision ${write.revision})`;
  return {
    writesOf: (info, namespace, name) =>
      writes.filter(
        (write) => write.resource === info.resource && write.name === name && (!info.namespaced || write.namespace === (namespace ?? "")),
      ),
    decisionsOn: (kind, namespace, name) =>
      keyed("", [full(namespace, name)])
        .filter(
          (span) =>
            span.name.startsWith("reconcile ") &&
            text(span.attributes["saw"])
              .split(", ")
              .some((seen) => seen.startsWith(`${kind} `)),
        )
        .map((span) => ({ component: span.component, atMs: span.endMs, decision: text(span.attributes["decision"]), span })),
    attempts: (namespace, pod) =>
      keyed("kube-scheduler", [`pods/${full(namespace, pod)}`])
        .filter((span) => span.name === "schedule pod")
        .map((span) => ({ component: span.component, atMs: span.endMs, decision: text(span.attributes["decision"]), span })),
    passes: (namespace, pod) => keyed("kubelet", [full(namespace, pod)]).filter((span) => span.name === "sync pod"),
    because(write, nowMs) {
      const seen = new Set([write.revision]);
      const steps = [step(write, nowMs)];
      let last = write;
      while (steps.length < chainLimit) {
        const earlier = last.causes.map((revision) => byRevision.get(revision)).find((one) => one !== undefined && !seen.has(one.revision));
        if (!earlier) break;
        seen.add(earlier.revision);
        const own = earlier.name === write.name && earlier.resource === write.resource;
        steps.push(`because ${own ? "it" : `${earlier.resource}/${earlier.name}`} was ${step(earlier, nowMs)}`);
        last = earlier;
      }
      return `${steps.join(", ")}; trace ${last.traceId}`;
    },
  };
}
