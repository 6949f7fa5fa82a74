// namespaces/finalize: the only way to change what a namespace waits for.
// Invariant: only spec.finalizers is taken from the body; the last one to go takes the namespace with it.
// Called by: index.ts; its caller is the namespace controller. Next on the way: update.ts.

import { ApiError } from "#api";
import type { HttpResponse } from "#wire";
import type { Call } from "../../call.ts";
import { answerEntry } from "../answer.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { clone } from "../clone.ts";
import { writeOptions } from "../options.ts";
import { checkName, parseResourceVersion, updateObject } from "../update.ts";
import { subjectOf } from "../write.ts";

export async function finalize(call: Call): Promise<HttpResponse> {
  const options = writeOptions("UpdateOptions", call.info.query);
  const decoded = decodeBody({ expected: call.resource, media: contentType(call.request), bytes: await readBody(call.request) });
  const given = checkStrict(decoded, options.fieldValidation, call.resource, call.warn);
  checkName(call, given);
  const spec = given["spec"] as { finalizers?: string[] } | undefined;
  const outcome = await updateObject(call, options, async (stored) => {
    const object = clone(stored.object);
    object["spec"] = { finalizers: spec?.finalizers ?? [] };
    return { object, resourceVersion: parseResourceVersion(given.metadata.resourceVersion) };
  });
  if (outcome.type === "missing") throw ApiError.notFound(subjectOf(call), call.info.name);
  return answerEntry(call, 200, outcome.entry);
}
