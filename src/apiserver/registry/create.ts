// POST: from a body to a stored object.
// Invariant: the order is decode → namespace → defaults → mutating admission → system fields → kind's preparation → validation →
//   validating admission → store; nothing is stored unless all of it passed.
// Called by: registry.ts; update.ts where a PUT may create. Next on the way: write.ts.

import { type ApiObject, ApiError, rulesFor, validateObjectMeta, warningsOf } from "#api";
import { nameSuffix } from "#lib";
import type { HttpResponse } from "#wire";
import { type AdmissionRequest, runMutating, runValidating } from "../admission/step.ts";
import type { Call } from "../call.ts";
import { convert } from "../convert.ts";
import { beginAllocation } from "./allocate.ts";
import { answerEntry } from "./answer.ts";
import { checkStrict, contentType, decodeBody, readBody } from "./body.ts";
import { clone } from "./clone.ts";
import { ensureNamespace, fillSystemFields } from "./meta.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { track } from "./ownership.ts";
import { rulesOf, warnUnwritten } from "./rules.ts";
import { change, type Outcome, subjectOf, targetOf } from "./write.ts";

const maxNameAttempts = 8;
const maxNameBase = 58;

export async function create(call: Call): Promise<HttpResponse> {
  const options = writeOptions("CreateOptions", call.info.query);
  const decoded = decodeBody({ expected: call.resource, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, call.resource, call.warn);
  ensureNamespace(object, call.resource.namespaced ? call.info.namespace : "");
  const outcome = await createObject(call, object, options);
  return answerEntry(call, 201, outcome.entry);
}

export interface Creation extends Pick<WriteOptions, "dryRun" | "fieldManager"> {
  /** The object's owners stand in it already. */
  readonly owned?: boolean;
}

/** Everything behind decoding; the answer's object carries its resourceVersion, except for a dry run. */
export async function createObject(call: Call, given: ApiObject, { dryRun, fieldManager, owned }: Creation): Promise<Outcome> {
  const { shape } = call.core.cache.of(call.resource);
  const rules = rulesOf(call);
  const object = convert(given, shape.info);
  rulesFor(shape.info.group, shape.info.kind)?.setDefaults?.(object);
  if (!owned) track(call, fieldManager, undefined, object);
  const admission = admissionOf(call, object, dryRun);
  await runMutating(call.core.admission, admission);
  const generateName = object.metadata.name ? "" : (object.metadata.generateName ?? "");
  for (let attempt = 1; ; attempt++) {
    const candidate = generateName === "" ? object : clone(object);
    if (generateName !== "") candidate.metadata.name = generateName.slice(0, maxNameBase) + nameSuffix(call.core.prng);
    const allocation = await beginAllocation(call, candidate, undefined, dryRun);
    let outcome: Outcome | undefined;
    try {
      prepare(call, candidate);
      await runValidating(call.core.admission, { ...admission, object: candidate, name: candidate.metadata.name! });
      outcome = await store(call, candidate, dryRun);
    } catch (error) {
      await allocation.revert();
      throw error;
    }
    if (!outcome) await allocation.revert();
    else {
      await allocation.commit();
      warnUnwritten(call, rules);
      return outcome;
    }
    if (generateName === "") throw ApiError.alreadyExists(subjectOf(call), candidate.metadata.name!);
    if (attempt === maxNameAttempts) throw ApiError.generateNameConflict(subjectOf(call), candidate.metadata.name!);
  }
}

function admissionOf(call: Call, object: ApiObject, dryRun: boolean): AdmissionRequest {
  return {
    operation: "CREATE",
    resource: call.resource,
    subresource: "",
    namespace: call.resource.namespaced ? call.info.namespace : "",
    name: object.metadata.name ?? "",
    object,
    old: undefined,
    user: call.user,
    dryRun,
    reader: call.core.reader,
  };
}

function prepare(call: Call, object: ApiObject): void {
  const rules = rulesOf(call);
  const { group, kind } = call.resource;
  const resourceVersion = object.metadata.resourceVersion ?? "";
  fillSystemFields(object.metadata, call.core.clock, call.core.prng);
  rules.prepareForCreate(object);
  const metaRules = { namespaced: call.resource.namespaced, nameRule: rules.written?.nameRule ?? nameRule(call) };
  const errors = [...validateObjectMeta(object.metadata, metaRules), ...rules.validate(object)];
  if (errors.length > 0) throw ApiError.invalid({ group, kind }, object.metadata.name ?? "", errors);
  if (resourceVersion !== "" && resourceVersion !== "0")
    throw ApiError.of(500, "", "resourceVersion should not be set on objects to be created");
  for (const text of warningsOf(group, kind, object)) call.warn(text);
}

/** Names of access rules may be anything a path can hold; of other kinds without rules, subdomains. */
function nameRule(call: Call): "path-segment" | "dns1123-subdomain" {
  return call.resource.group === "rbac.authorization.k8s.io" ? "path-segment" : "dns1123-subdomain";
}

/** Undefined: the name is taken. */
async function store(call: Call, object: ApiObject, dryRun: boolean): Promise<Outcome | undefined> {
  const target = targetOf(call, object.metadata.name!);
  let taken = false;
  const outcome = await change(call, target, { dryRun, expectAbsent: true }, (stored) => {
    taken = stored !== undefined;
    return Promise.resolve(taken ? { type: "keep" } : { type: "put", object });
  });
  return taken ? undefined : outcome;
}
