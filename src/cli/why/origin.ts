// Where an object comes from, what was done to it last, what a control loop decided about it, and what its events warn of.
// Invariant: the status that a loop keeps writing is no news; only what changes the wish is.
// Called by: every explanation. Next on the way: history.ts.

import { eventMs, type Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";
import { ago, sentence } from "./words.ts";

const quiet = ["status", "binding"];

export function origin({ history, info, namespace, name, nowMs }: Evidence): Finding[] {
  const writes = history.writesOf(info, namespace, name).filter((write) => write.verb !== "DELETE" && !quiet.includes(write.subresource));
  const from = "revisions and their causes";
  const made = writes.findLast((write) => write.verb === "POST" && write.subresource === "");
  const last = writes.findLast((write) => write !== made);
  return [
    ...(made ? [{ topic: "origin", from, text: `It was ${sentence(history.because(made, nowMs))}` } as const] : []),
    ...(last ? [{ topic: "origin", from, text: `It was last ${sentence(history.because(last, nowMs))}` } as const] : []),
  ];
}

export function lastDecision({ history, info, namespace, name, nowMs }: Evidence): Finding[] {
  const decision = history.decisionsOn(info.kind, namespace, name).at(-1);
  if (!decision || decision.decision === "") return [];
  const error = decision.span.attributes["error"];
  const failed = error === undefined ? "" : ` That failed: ${sentence(String(error))}`;
  return [
    {
      topic: "decision",
      from: "decision records",
      text: `The ${decision.component} last looked ${ago(nowMs, decision.atMs)} and decided: ${sentence(decision.decision)}${failed}`,
    },
  ];
}

const warningsLimit = 5;

/** Warnings of the last hour, the newest first, each once with its count. */
export function warnings({ events, nowMs }: Evidence, told: readonly string[] = []): Finding[] {
  const fresh = events.filter(
    (event) => event.type === "Warning" && !(nowMs - eventMs(event) > 3_600_000) && !told.includes(event.reason ?? ""),
  );
  const details = fresh
    .toReversed()
    .slice(0, warningsLimit)
    .map((event) => {
      const times = event.series?.count ?? event.count ?? 1;
      return `${event.reason ?? ""}: ${event.message ?? ""} (${times > 1 ? `${times} times, last ` : ""}${ago(nowMs, eventMs(event))})`;
    });
  return details.length === 0 ? [] : [{ topic: "event", from: "events", text: "Warnings about it:", details }];
}
