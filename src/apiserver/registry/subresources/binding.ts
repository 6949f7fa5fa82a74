// pods/binding: the scheduler's decision becomes part of the pod. Posted to bindings, the older place, the body names the pod.
// Invariant: a pod is bound at most once, and never while it is being deleted; the condition PodScheduled goes with it in one write.
// Called by: index.ts, registry.ts; its caller is the scheduler. Next on the way: write.ts.

import { type ApiObject, ApiError, fieldError, findKind, joinFieldErrors, type Pod } from "#api";
import { assert, rfc3339 } from "#lib";
import type { HttpResponse } from "#wire";
import { runValidating } from "../../admission/step.ts";
import type { Call } from "../../call.ts";
import { objectResponse } from "../../output.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { writeOptions } from "../options.ts";
import { change, subjectOf, targetOf } from "../write.ts";
import { admitPosted } from "./admit.ts";

const bindingKind = { group: "", version: "v1", kind: "Binding", type: "io.k8s.api.core.v1.Binding" } as const;
const statusType = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

interface BindingObject extends ApiObject {
  target?: { kind?: string; name?: string };
}

/** POST to `bindings`. */
export async function collectedBinding(call: Call): Promise<HttpResponse> {
  const pods = findKind("", "v1", "Pod");
  assert(pods, "pods are served");
  const on: Call = { ...call, resource: pods };
  const answer = await bindNamed(call, on, ({ metadata }) => metadata.name ?? "");
  call.written = on.written;
  return answer;
}

export function binding(call: Call): Promise<HttpResponse> {
  return bindNamed(call, call, () => call.info.name);
}

/** `asked` is what admission sees; `call` is about pods. */
async function bindNamed(asked: Call, call: Call, nameIn: (object: BindingObject) => string): Promise<HttpResponse> {
  const options = writeOptions("CreateOptions", call.info.query);
  const decoded = decodeBody({ expected: bindingKind, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, bindingKind, call.warn) as BindingObject;
  const name = nameIn(object);
  if (name === "") throw ApiError.badRequest("Name parameter required.");
  const admission = await admitPosted(asked, name, object, options.dryRun);
  if ((object.metadata.name ?? "") !== name) throw ApiError.badRequest("name in URL does not match name in Binding object");
  check(object);
  await runValidating(call.core.admission, admission);
  const target = targetOf(call, name);
  await change(call, target, options, async (stored) => {
    if (!stored) throw ApiError.notFound(subjectOf(call), name);
    bind(call, stored.object, object);
    return { type: "put", object: stored.object };
  });
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return objectResponse(201, status, statusType, { ...call.representation, view: "object" });
}

function check({ target }: BindingObject): void {
  const errors = [];
  if (target?.kind !== undefined && target.kind !== "" && target.kind !== "Node")
    errors.push(fieldError.notSupported("target.kind", target.kind, ["Node", "<empty>"]));
  if (!target?.name) errors.push(fieldError.required("target.name"));
  // Upstream answers these without a reason, as if it were its own fault.
  if (errors.length > 0) throw ApiError.of(500, "", joinFieldErrors(errors));
}

function bind(call: Call, object: ApiObject, binding: BindingObject): void {
  const pod = object as unknown as Pod;
  const name = object.metadata.name!;
  const conflict = (text: string): ApiError => ApiError.conflict({ group: "", resource: "pods/binding" }, name, text);
  const { uid, annotations, labels } = binding.metadata;
  if (uid !== undefined && uid !== object.metadata.uid)
    throw conflict(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`);
  if (object.metadata.deletionTimestamp !== undefined) throw conflict(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName) throw conflict(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec?.schedulingGates?.length) throw conflict(`pod ${name} has non-empty .spec.schedulingGates`);
  pod.spec = { ...pod.spec!, nodeName: binding.target!.name! };
  if (annotations) object.metadata.annotations = { ...object.metadata.annotations, ...annotations };
  if (labels) object.metadata.labels = { ...object.metadata.labels, ...labels };
  const conditions = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  const lastTransitionTime = rfc3339(call.core.clock.nowMs());
  pod.status = { ...pod.status, conditions: [...conditions, { type: "PodScheduled", status: "True", lastTransitionTime }] };
}
