// serviceaccounts/token: a token for an account, issued and never stored.
// Invariant: the account exists; what the token says is the issuer's affair.
// Called by: index.ts; its callers are kubelets and kubectl create token. Next on the way: authn/tokenIssuer.ts.

import { ApiError } from "#api";
import type { HttpResponse } from "#wire";
import { runValidating } from "../../admission/step.ts";
import { objectOf } from "../../cache/entry.ts";
import type { Call } from "../../call.ts";
import { freshResponse } from "../../output.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { getEntry } from "../get.ts";
import { writeOptions } from "../options.ts";
import { admitPosted } from "./admit.ts";

const requestKind = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
  type: "io.k8s.api.authentication.v1.TokenRequest",
} as const;

export async function token(call: Call): Promise<HttpResponse> {
  const { tokenIssuer, cache } = call.core;
  if (!tokenIssuer) throw ApiError.unknownResource();
  const options = writeOptions("CreateOptions", call.info.query);
  const decoded = decodeBody({ expected: requestKind, media: contentType(call.request), bytes: await readBody(call.request) });
  const object = checkStrict(decoded, options.fieldValidation, requestKind, call.warn);
  const admission = await admitPosted(call, call.info.name, object, options.dryRun);
  const { shape } = cache.of(call.resource);
  const serviceAccount = objectOf(shape, await getEntry(call, call.info.name, ""));
  await runValidating(call.core.admission, { ...admission, old: serviceAccount });
  const answer = await tokenIssuer.issueToken(serviceAccount, object, call.context);
  return freshResponse(201, requestKind, answer, call.representation);
}
