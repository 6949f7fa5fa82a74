// The seams of the request pipeline: what each stage is handed and what it answers, so that a stage can be written, tested and swapped alone.
// Invariant: stages share nothing but these forms; a stage refuses by throwing ApiError, never by answering half a response.
// Implemented by: authn/ (Authenticator), authz/ (Authorizer), discovery/ (PathHandler), authn/ and authz/ again (VirtualResource, TokenIssuer), compose (NodeProxy).
// Called by: pipeline.ts, in the order route → authenticate → authorize → admit → registry → cache/store. Next on the way: route.ts.

import type { ApiObject } from "#api";
import type { HttpHeaders, HttpRequest, HttpResponse, UpgradeResult } from "#wire";

/** Who asks. `system:anonymous` in group `system:unauthenticated` when nobody could be told. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface Authenticator {
  /** Undefined: no credentials were shown (anonymous). Credentials that are shown and wrong throw `ApiError.unauthorized()`. */
  authenticate(request: HttpRequest): Promise<UserInfo | undefined>;
}

/** What an authorizer sees of a request; empty strings where a part is absent, as upstream's Attributes. */
export interface Attributes {
  readonly user: UserInfo;
  /** get list watch create update patch delete deletecollection …; for other paths the lower-cased HTTP method. */
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** As sent, for authorizers that look at selectors (Node); undefined when the request has none. */
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface Authorizer {
  /** `reason` ends the Forbidden text after a colon; empty when there is nothing to add. */
  authorize(attributes: Attributes): Promise<{ allowed: boolean; reason: string }>;
}

/** One request on its way, as far as it is understood. Handed to whatever answers it. */
export interface RequestContext {
  readonly user: UserInfo;
  readonly attributes: Attributes;
  readonly query: URLSearchParams;
  /** Adds a `Warning: 299 - "text"` header to the answer; duplicates are dropped. */
  warn(text: string): void;
}

/** Answers paths that are no resources: `/api`, `/apis/…`, `/openapi/…`, `/version`, `/.well-known/…`. Undefined: not mine (404 in the end). */
export interface PathHandler {
  handle(request: HttpRequest, context: RequestContext): Promise<HttpResponse | undefined>;
}

/** A kind that is answered and never stored: access and token reviews. Only `create` exists. */
export interface VirtualResource {
  readonly group: string;
  readonly resource: string;
  /** `object` is decoded and stands in `namespace` ("" for cluster scope); answers the object to send back, status 201. */
  create(object: ApiObject, context: RequestContext): Promise<ApiObject>;
}

export interface TokenIssuer {
  /** serviceaccounts/token: fills `status` of an authentication.k8s.io/v1 TokenRequest for the given, existing service account. */
  issueToken(serviceAccount: ApiObject, tokenRequest: ApiObject, context: RequestContext): Promise<ApiObject>;
}

export interface UpgradeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: HttpHeaders;
}

export interface OutboundRequest extends UpgradeRequest {
  readonly body?: AsyncIterable<Uint8Array>;
}

/** The way to an address of the cluster (a pod, an endpoint): handed in. `server` is `http://host:port` or `https://…`, whose certificate nobody checks. */
export interface Outbound {
  request(server: string, request: OutboundRequest, signal: AbortSignal): Promise<HttpResponse>;
  upgrade(server: string, request: UpgradeRequest, signal: AbortSignal): Promise<UpgradeResult>;
}

/** The way to a node's own API (logs, exec): handed in, so that the pipeline never dials by itself. */
export interface NodeProxy {
  fetch(nodeName: string, path: string, signal: AbortSignal): Promise<HttpResponse>;
  /** Any request, to paths as the node's API names them. */
  request(nodeName: string, request: OutboundRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** A connection of its own, which the node's API turns into another protocol or refuses. */
  upgrade(nodeName: string, request: UpgradeRequest, signal: AbortSignal): Promise<UpgradeResult>;
}

/**
 * Stored objects for readers inside the API server: RBAC, tokens, admission. Always from the watch cache, so never older than what any client saw.
 * Objects are shared and must not be changed.
 */
export interface ObjectReader {
  /** Waits for the first fill of the resource's cache, then answers at once. */
  get(group: string, resource: string, namespace: string, name: string): Promise<ApiObject | undefined>;
  /** As `get`, for those who only want to know whether it is there. */
  has(group: string, resource: string, namespace: string, name: string): Promise<boolean>;
  list(group: string, resource: string, namespace?: string): Promise<readonly ApiObject[]>;
  /** Calls `changed` for each object there is, then for each change, in order; resolves after the first round. `object` undefined: deleted. */
  follow(group: string, resource: string, changed: (namespace: string, name: string, object: ApiObject | undefined) => void): Promise<void>;
  /** The same for who can tell from the fields whether it wants to know more. */
  followUnread(
    group: string,
    resource: string,
    changed: (namespace: string, name: string, unread: Unread | undefined) => void,
  ): Promise<void>;
}

/** An object that nobody has decoded yet. */
export interface Unread {
  /** What field selectors may ask. */
  readonly fields: Readonly<Record<string, string>>;
  read(): ApiObject;
}
