// Questions about rights, asked as objects that are never stored: may I, may they, what may I, who am I.
// Invariant: answers come from the same decision as the pipeline's own; nothing is written.
// Called by: the registry, for create on these resources.   Next on the way: authorizer.ts.

import { ApiError, type ApiObject, type FieldError, fieldError } from "#api";
import { type Clock, rfc3339 } from "#lib";
import type { TokenAuthenticator } from "../authn/serviceAccount.ts";
import type { Attributes, RequestContext, UserInfo, VirtualResource } from "../stages.ts";
import { type AuthorizerParts, decide } from "./authorizer.ts";
import { nodeNameOf } from "./node.ts";
import { rulesFor } from "./rbac.ts";

export interface ReviewParts {
  readonly authorizer: AuthorizerParts;
  readonly tokens: TokenAuthenticator;
  readonly clock: Clock;
}

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly fieldSelector?: {
    readonly rawSelector?: string;
    readonly requirements?: readonly { key: string; operator: string; values?: string[] }[];
  };
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes | null;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string } | null;
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[] | null;
  readonly extra?: Readonly<Record<string, readonly string[]>> | null;
}

export function createReviews(parts: ReviewParts): VirtualResource[] {
  const authorization = (resource: string, create: VirtualResource["create"]): VirtualResource => ({
    group: "authorization.k8s.io",
    resource,
    create,
  });
  const authentication = (resource: string, create: VirtualResource["create"]): VirtualResource => ({
    group: "authentication.k8s.io",
    resource,
    create,
  });
  return [
    authorization("selfsubjectaccessreviews", async (object, context) => reviewAccess(parts, object, context.user, [])),
    authorization("subjectaccessreviews", async (object) => reviewSubject(parts, object)),
    authorization("localsubjectaccessreviews", async (object, context) => reviewSubject(parts, object, context)),
    authorization("selfsubjectrulesreviews", async (object, context) => reviewRules(parts, object, context.user)),
    authentication("selfsubjectreviews", async (_object, context) => ({
      kind: "SelfSubjectReview",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { creationTimestamp: rfc3339(parts.clock.nowMs()) },
      status: { userInfo: userInfo(context.user) },
    })),
    authentication("tokenreviews", async (object) => reviewToken(parts.tokens, object)),
  ];
}

function userInfo(user: UserInfo): object {
  const { name: username, uid, groups, extra } = user;
  return { username, ...(uid ? { uid } : {}), ...(groups.length > 0 ? { groups } : {}), ...(extra ? { extra } : {}) };
}

function reviewSubject(parts: ReviewParts, object: ApiObject, local?: RequestContext): ApiObject {
  const spec = (object["spec"] ?? {}) as AccessSpec;
  const errors: FieldError[] = [];
  if (!spec.user && !spec.groups?.length)
    errors.push(fieldError.invalid("spec.user", "", "at least one of user or group must be specified"));
  if (local) {
    const namespace = local.attributes.namespace;
    if (spec.resourceAttributes && (spec.resourceAttributes.namespace ?? "") !== namespace)
      errors.push(
        fieldError.invalid("spec.resourceAttributes.namespace", spec.resourceAttributes.namespace ?? "", "must match metadata.namespace"),
      );
    if (spec.nonResourceAttributes) {
      errors.push(
        fieldError.invalid("spec.nonResourceAttributes", goForm(spec.nonResourceAttributes), "disallowed on this kind of request"),
      );
    }
  }
  const user: UserInfo = {
    name: spec.user ?? "",
    ...(spec.uid ? { uid: spec.uid } : {}),
    groups: spec.groups ?? [],
    ...(spec.extra ? { extra: spec.extra } : {}),
  };
  return reviewAccess(parts, object, user, errors);
}

const goForm = (attributes: NonNullable<AccessSpec["nonResourceAttributes"]>): object => ({
  Path: attributes.path ?? "",
  Verb: attributes.verb ?? "",
});

function reviewAccess(parts: ReviewParts, object: ApiObject, user: UserInfo, errors: FieldError[]): ApiObject {
  const spec = (object["spec"] ?? {}) as AccessSpec;
  const { resourceAttributes: resource, nonResourceAttributes: other } = spec;
  if (resource && other)
    errors.unshift(
      fieldError.invalid("spec.nonResourceAttributes", goForm(other), "cannot be specified in combination with resourceAttributes"),
    );
  if (!resource && !other)
    errors.unshift(
      fieldError.invalid("spec.resourceAttributes", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified"),
    );
  if (errors.length > 0) throw ApiError.invalid({ group: "authorization.k8s.io", kind: "" }, "", errors);
  const { allowed, reason } = decide(parts.authorizer, resource ? resourceRequest(user, resource) : pathRequest(user, other ?? {}));
  return { ...object, status: { allowed, ...(reason === "" ? {} : { reason }) } };
}

function resourceRequest(user: UserInfo, a: ResourceAttributes): Attributes {
  const pinned = a.fieldSelector?.requirements?.filter((term) => term.operator === "In" && term.values?.length === 1);
  const selector = a.fieldSelector?.rawSelector ?? pinned?.map((term) => `${term.key}=${term.values?.[0]}`).join(",");
  return {
    user,
    isResourceRequest: true,
    verb: a.verb ?? "",
    apiGroup: a.group ?? "",
    apiVersion: a.version ?? "",
    resource: a.resource ?? "",
    subresource: a.subresource ?? "",
    namespace: a.namespace ?? "",
    name: a.name ?? "",
    path: "",
    fieldSelector: selector,
  };
}

function pathRequest(user: UserInfo, a: { readonly path?: string; readonly verb?: string }): Attributes {
  const empty = { apiGroup: "", apiVersion: "", resource: "", subresource: "", namespace: "", name: "" };
  return { ...empty, user, isResourceRequest: false, verb: a.verb ?? "", path: a.path ?? "" };
}

function reviewRules(parts: ReviewParts, object: ApiObject, user: UserInfo): ApiObject {
  const namespace = ((object["spec"] ?? {}) as { namespace?: string }).namespace ?? "";
  if (namespace === "") throw ApiError.badRequest("no namespace on request");
  const { rules, errors } = rulesFor(parts.authorizer.rbac, user, namespace);
  if (nodeNameOf(user) !== undefined) errors.unshift("node authorizer does not support user rule resolution");
  const resourceRules = rules
    .filter((rule) => rule.resources?.length)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames?.length ? { resourceNames } : {}),
    }));
  const nonResourceRules = rules
    .filter((rule) => rule.nonResourceURLs?.length)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  const evaluationError = errors.length > 0 ? { evaluationError: errors.length === 1 ? errors[0] : `[${errors.join(", ")}]` } : {};
  return {
    kind: "SelfSubjectRulesReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec: {},
    status: { resourceRules, nonResourceRules, incomplete: errors.length > 0, ...evaluationError },
  };
}

async function reviewToken(tokens: TokenAuthenticator, object: ApiObject): Promise<ApiObject> {
  const { token = "", audiences } = (object["spec"] ?? {}) as { token?: string; audiences?: readonly string[] | null };
  if (token === "") throw ApiError.badRequest("token is required for TokenReview in authentication");
  const answer = await tokens.authenticateToken(token, audiences?.length ? audiences : undefined);
  const status = answer.user
    ? { authenticated: true, user: userInfo(answer.user), audiences: answer.audiences }
    : { user: {}, error: answer.error };
  return { ...object, status };
}
