// What is posted to a subresource passes admission as what it is: something created under the name of its object.
// Invariant: the mutating steps run before anything is looked up, so that a namespace that is gone is what the caller is told.
// Called by: binding.ts, eviction.ts, token.ts; they run the validating steps. Next on the way: admission/step.ts.

import type { ApiObject } from "#api";
import { type AdmissionRequest, runMutating } from "../../admission/step.ts";
import type { Call } from "../../call.ts";
import { ensureNamespace } from "../meta.ts";

export async function admitPosted(call: Call, name: string, object: ApiObject, dryRun: boolean): Promise<AdmissionRequest> {
  const { namespace, subresource } = call.info;
  const { resource, user } = call;
  ensureNamespace(object, namespace);
  const { admission, reader } = call.core;
  const request = { operation: "CREATE", resource, subresource, namespace, name, object, old: undefined, user, dryRun, reader } as const;
  await runMutating(admission, request);
  return request;
}
