// PUT: replaces an object, or one side of it (/status), under the condition its resourceVersion names.
// Invariant: what the server owns is inherited, what the other side owns is kept; an object whose last finalizer goes while it is
//   being deleted is gone with the same write.
// Called by: registry.ts; patch.ts and the subresources for everything behind the merge. Next on the way: write.ts.

import { type ApiObject, ApiError, fieldError, rulesFor, validateObjectMetaUpdate, warningsOf } from "#api";
import { assert } from "#lib";
import type { HttpResponse } from "#wire";
import { type AdmissionRequest, runMutating, runValidating } from "../admission/step.ts";
import type { Call } from "../call.ts";
import { convert } from "../convert.ts";
import type { Allocation } from "../allocation/services.ts";
import { beginAllocation, releaseAllocated } from "./allocate.ts";
import { answerEntry } from "./answer.ts";
import { checkStrict, contentType, decodeBody, readBody } from "./body.ts";
import { clone } from "./clone.ts";
import { createObject } from "./create.ts";
import { ensureNamespace, inheritSystemFields } from "./meta.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { track } from "./ownership.ts";
import { allowsCreateOnUpdate, allowsUnconditionalUpdate, rulesOf, warnUnwritten } from "./rules.ts";
import { change, type Decision, type Outcome, type Stored, subjectOf, type Target, targetOf } from "./write.ts";

export async function update(call: Call): Promise<HttpResponse> {
  const options = writeOptions("UpdateOptions", call.info.query);
  const decoded = decodeBody({ expected: call.resource, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, call.resource, call.warn);
  checkName(call, object);
  const resourceVersion = parseResourceVersion(object.metadata.resourceVersion);
  const uid = object.metadata.uid ?? "";
  const outcome = await updateObject(call, options, (stored) => {
    if (uid !== "" && stored.object.metadata.uid !== uid) throw uidConflict(call, uid, stored.object.metadata.uid ?? "");
    return Promise.resolve({ object: clone(object), resourceVersion });
  });
  if (outcome.type !== "missing") return answerEntry(call, 200, outcome.entry);
  if (call.subresource !== undefined || !allowsCreateOnUpdate(call.resource)) throw ApiError.notFound(subjectOf(call), call.info.name);
  await call.authorizeAs("create");
  delete object.metadata.resourceVersion;
  const created = await createObject(call, object, options);
  return answerEntry(call, 201, created.entry);
}

/** The path names the object; the body has to agree. */
export function checkName(call: Call, object: ApiObject): void {
  const { name: wanted } = call.info;
  const name = object.metadata.name ?? "";
  if (name === "") throw ApiError.badRequest(`the name of the object (${wanted} based on URL) was undeterminable: name must be provided`);
  if (name !== wanted) throw ApiError.badRequest(`the name of the object (${name}) does not match the name on the URL (${wanted})`);
  ensureNamespace(object, call.resource.namespaced ? call.info.namespace : "");
}

/** 0: none was given. */
export function parseResourceVersion(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d+$/.test(text)) throw ApiError.of(500, "", `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function uidConflict(call: Call, given: string, found: string): ApiError {
  const { key } = targetOf(call, call.info.name);
  const problem = `Precondition failed: UID in precondition: ${given}, UID in object meta: ${found}`;
  const text = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${problem}`;
  return ApiError.conflict(subjectOf(call), call.info.name, text);
}

export interface Proposal {
  readonly object: ApiObject;
  /** The state the proposal was made from; 0 for "whatever there is". */
  readonly resourceVersion: number;
  /** The object's owners stand in it already. */
  readonly owned?: boolean;
}

export type UpdateOutcome = Outcome | { readonly type: "missing" };

/** Everything behind decoding or merging. `propose` is asked again when somebody else wrote in between. */
export async function updateObject(
  call: Call,
  options: Pick<WriteOptions, "dryRun" | "fieldManager">,
  propose: (stored: Stored) => Promise<Proposal>,
): Promise<UpdateOutcome> {
  const target = targetOf(call, call.info.name);
  let missing = false;
  let held: Held | undefined;
  let outcome: Outcome;
  try {
    outcome = await change(call, target, options, async (stored) => {
      await held?.allocation.revert();
      held = undefined;
      missing = stored === undefined;
      if (stored === undefined) return { type: "keep" };
      const proposal = await propose(stored);
      checkResourceVersion(call, proposal, stored);
      const object = convert(proposal.object, target.shape.info);
      rulesFor(target.shape.info.group, target.shape.info.kind)?.setDefaults?.(object);
      if (!proposal.owned) track(call, options.fieldManager, stored.object, object);
      return decide(call, target, { stored, object, dryRun: options.dryRun }, (taken) => {
        held = taken;
      });
    });
  } catch (error) {
    await (held as Held | undefined)?.allocation.revert();
    throw error;
  }
  if (missing) return { type: "missing" };
  await endAllocation(call, outcome, held as Held | undefined);
  warnUnwritten(call, rulesOf(call));
  return outcome;
}

/** What an attempt took, and the object it took it for. */
interface Held {
  readonly allocation: Allocation;
  readonly old: ApiObject;
}

async function endAllocation(call: Call, outcome: Outcome, held: Held | undefined): Promise<void> {
  if (outcome.type === "unchanged") await held?.allocation.revert();
  else if (outcome.type === "deleted" && held) await releaseAllocated(call, held.old);
  else await held?.allocation.commit();
}

function checkResourceVersion(call: Call, { resourceVersion }: Proposal, stored: Stored): void {
  const subject = subjectOf(call);
  if (resourceVersion === 0 && !allowsUnconditionalUpdate(call.resource)) {
    const error = fieldError.invalid("metadata.resourceVersion", 0, "must be specified for an update");
    throw ApiError.invalid({ group: subject.group, kind: subject.resource }, call.info.name, [error]);
  }
  if (resourceVersion !== 0 && resourceVersion !== stored.kv.modRevision) throw ApiError.modified(subject, call.info.name);
}

interface Step {
  readonly stored: Stored;
  readonly object: ApiObject;
  readonly dryRun: boolean;
}

async function decide(call: Call, target: Target, { stored, object, dryRun }: Step, took: (held: Held) => void): Promise<Decision> {
  const rules = rulesOf(call);
  const old = stored.object;
  const { group, kind } = call.resource;
  const admission: AdmissionRequest = {
    operation: "UPDATE",
    resource: call.resource,
    subresource: call.info.subresource,
    namespace: target.namespace,
    name: target.name,
    object,
    old,
    user: call.user,
    dryRun,
    reader: call.core.reader,
  };
  await runMutating(call.core.admission, admission);
  ensureNamespace(object, target.namespace);
  if (old.metadata.generation === undefined) delete object.metadata.generation;
  else object.metadata.generation = old.metadata.generation;
  took({ allocation: await beginAllocation(call, object, old, dryRun), old });
  const status = call.info.subresource === "status";
  // Of a status write the other side is kept as it is, and shared.
  const before = status ? { ...old, metadata: { ...old.metadata } } : clone(old);
  if (status) rules.prepareForStatusUpdate(object, before);
  else rules.prepareForUpdate(object, before);
  inheritSystemFields(object.metadata, old.metadata);
  object.metadata.resourceVersion = String(stored.kv.modRevision);
  // Once for all kinds and once by the kind, so that the causes of a refusal stand there twice, as upstream's do.
  const about = validateObjectMetaUpdate(object.metadata, old.metadata);
  const errors = [...about, ...about];
  errors.push(...(status ? rules.validateStatusUpdate(object, old) : rules.validateUpdate(object, old)));
  if (errors.length > 0) throw ApiError.invalid({ group, kind }, target.name, errors);
  if (call.info.subresource === "") for (const text of warningsOf(group, kind, object, old)) call.warn(text);
  await runValidating(call.core.admission, admission);
  assert(object.metadata.name === target.name, "an update never moves an object");
  return isFinished(object, old) ? { type: "delete" } : { type: "put", object, owners: old.metadata.managedFields };
}

/** The last finalizer of an object in deletion has gone, and no grace is running. */
export function isFinished(object: ApiObject, old: ApiObject): boolean {
  if (old.metadata.deletionTimestamp === undefined || (object.metadata.finalizers ?? []).length > 0) return false;
  if (old.metadata.deletionGracePeriodSeconds !== undefined && old.metadata.deletionGracePeriodSeconds !== 0) return false;
  const spec = object["spec"] as { finalizers?: string[] } | undefined;
  return object.kind !== "Namespace" || (spec?.finalizers ?? []).length === 0;
}
