// Two versions of one stored object: the few real conversions there are.
// Invariant: one version is stored (core/v1 for events, autoscaling/v2 for autoscalers); the others are views, nothing is lost on the way back.
// Called by: output.ts (out), registry/ (in). Next on the way: the codecs.

import { type ApiObject, ApiError, fromAutoscalerV1, joinApiVersion, type ResourceInfo, toAutoscalerV1 } from "#api";

/** Event fields whose name differs: [core/v1, events.k8s.io/v1]. */
const eventFields: readonly (readonly [string, string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

function rename(object: ApiObject, from: 0 | 1): ApiObject {
  const out: ApiObject = { ...object };
  for (const names of eventFields) delete out[names[from]];
  for (const names of eventFields) {
    const value = object[names[from]];
    if (value !== undefined) out[names[from === 0 ? 1 : 0]] = value;
  }
  return out;
}

/** `object` as `to` shows it. */
export function convert(object: ApiObject, to: ResourceInfo): ApiObject {
  const apiVersion = joinApiVersion(to.group, to.version);
  if (object.apiVersion === apiVersion) return object;
  if (to.kind === "Event") return { ...rename(object, to.group === "" ? 1 : 0), apiVersion, kind: to.kind };
  if (to.kind === "HorizontalPodAutoscaler") return to.version === "v1" ? toAutoscalerV1(object) : fromAutoscalerV1(object);
  throw ApiError.of(501, "NotImplemented", `conversion of ${object.kind} from ${object.apiVersion} to ${apiVersion} is not implemented`);
}
