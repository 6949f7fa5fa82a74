// pods/eviction: a deletion that asks first.
// Invariant: the same deletion as DELETE, with the options that come in the eviction.
// Called by: index.ts; its callers are kubectl drain and whoever empties nodes. Next on the way: delete.ts.
// Simplification: PodDisruptionBudgets are not consulted; upstream answers 429 while one does not allow it.

import { type ApiObject, ApiError } from "#api";
import type { HttpResponse } from "#wire";
import type { Call } from "../../call.ts";
import { objectResponse } from "../../output.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { deleteObject } from "../delete.ts";
import { checkDeleteOptions, type DeleteOptions, writeOptions } from "../options.ts";
import { subjectOf, targetOf } from "../write.ts";

const evictionKind = { group: "policy", version: "v1", kind: "Eviction", type: "io.k8s.api.policy.v1.Eviction" } as const;
const statusType = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

export async function eviction(call: Call): Promise<HttpResponse> {
  const options = writeOptions("CreateOptions", call.info.query);
  const decoded = decodeBody({ expected: evictionKind, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, evictionKind, call.warn) as ApiObject & { deleteOptions?: DeleteOptions };
  const { name } = call.info;
  if ((object.metadata.name ?? "") !== name) throw ApiError.badRequest("name in URL does not match name in Eviction object");
  const given = object.deleteOptions ?? {};
  checkDeleteOptions(given);
  const outcome = await deleteObject(call, targetOf(call, name), { ...given, ...(options.dryRun && { dryRun: ["All"] }) });
  if (outcome === undefined) throw ApiError.notFound(subjectOf(call), name);
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
  return objectResponse(201, status, statusType, { ...call.representation, view: "object" });
}
