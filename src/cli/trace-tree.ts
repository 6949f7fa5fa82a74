// Spans as a tree: each under the span that caused it, in order of time, with when it began and how long it took.
// Invariant: every span of the trace is shown once; cycles and lost parents cannot hide one.
// Called by: trace.ts. Next on the way: a person reads it.

import type { Span } from "#lib";

export interface Trace {
  readonly traceId: string;
  readonly startMs: number;
  readonly spans: readonly Span[];
}

const text = (value: Span["attributes"][string] | undefined): string => (typeof value === "object" ? value.join(" ") : String(value ?? ""));

/** `/registry/deployments/default/web`, `default/web`, `deployments default/web`: all name the object. */
function mentions(span: Span, resource: string, namespace: string, name: string): boolean {
  const ends = [`${resource}/${namespace}/${name}`, `${resource} ${namespace}/${name}`, `${resource}/${name}`, `${resource} ${name}`];
  return Object.values(span.attributes).some((value) => ends.some((end) => text(value).endsWith(end)));
}

/** A write that a person or program asked for: nothing of ours caused it. */
const isRoot = (span: Span, ids: ReadonlySet<string>): boolean => span.parentSpanId === undefined || !ids.has(span.parentSpanId);

/** All traces that begin with a write of the object, oldest first; where none is kept, those that mention it. */
export function tracesOf(spans: readonly Span[], resource: string, namespace: string, name: string): Trace[] {
  const byTrace = Map.groupBy(spans, (span) => span.traceId);
  const traces: (Trace & { begins: boolean })[] = [];
  for (const [traceId, members] of byTrace) {
    const hits = members.filter((span) => mentions(span, resource, namespace, name));
    if (hits.length === 0) continue;
    const ids = new Set(members.map((span) => span.spanId));
    const startMs = Math.min(...members.map((span) => span.startMs));
    const first = members.filter((span) => isRoot(span, ids)).toSorted((a, b) => a.startMs - b.startMs)[0];
    traces.push({
      traceId,
      startMs,
      spans: members.toSorted((a, b) => a.startMs - b.startMs),
      begins: first !== undefined && hits.includes(first),
    });
  }
  const begun = traces.filter((trace) => trace.begins);
  return (begun.length > 0 ? begun : traces).toSorted((a, b) => a.startMs - b.startMs);
}

const shown = ["user", "key", "object", "subject", "revision", "saw", "did", "why", "actions", "decision", "outcome", "status"];

function details(span: Span): string {
  return shown
    .filter((name) => span.attributes[name] !== undefined && text(span.attributes[name]) !== "")
    .map((name) => `${name}=${text(span.attributes[name])}`)
    .join(" ");
}

function line(span: Span, indent: string, startMs: number): string {
  const at = `+${(span.startMs - startMs).toFixed(0)} ms`.padStart(9);
  const took = `${(span.endMs - span.startMs).toFixed(0)} ms`.padStart(8);
  return `${at} ${took}  ${indent}${span.component}: ${span.name}  ${details(span)}`.trimEnd();
}

export function treeLines(spans: readonly Span[]): string[] {
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const ids = new Set(spans.map((span) => span.spanId));
  const children = Map.groupBy(
    spans.filter((span) => !isRoot(span, ids)),
    (span) => span.parentSpanId,
  );
  const lines: string[] = [];
  const seen = new Set<Span>();
  const walk = (span: Span, depth: number): void => {
    if (seen.has(span)) return;
    seen.add(span);
    lines.push(line(span, "  ".repeat(depth), startMs));
    for (const child of children.get(span.spanId) ?? []) walk(child, depth + 1);
  };
  for (const span of spans) if (isRoot(span, ids)) walk(span, 0);
  for (const span of spans) walk(span, 0);
  return lines;
}
