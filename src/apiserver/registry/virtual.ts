// Kinds that are answered and never stored: access reviews, token reviews.
// Invariant: the object is decoded and checked like any other; nothing reaches the store.
// Called by: registry.ts. Next on the way: authz/reviews.ts.

import type { HttpResponse } from "#wire";
import type { Call } from "../call.ts";
import { freshResponse } from "../output.ts";
import type { VirtualResource } from "../stages.ts";
import { checkStrict, contentType, decodeBody, readBody } from "./body.ts";
import { ensureNamespace } from "./meta.ts";
import { writeOptions } from "./options.ts";

export async function createVirtual(call: Call, virtual: VirtualResource): Promise<HttpResponse> {
  const options = writeOptions("CreateOptions", call.info.query);
  const decoded = decodeBody({ expected: call.resource, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, call.resource, call.warn);
  ensureNamespace(object, call.resource.namespaced ? call.info.namespace : "");
  const answer = await virtual.create(object, call.context);
  return freshResponse(201, call.resource, answer, call.representation);
}
