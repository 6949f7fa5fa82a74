// Service-account tokens: from a bearer token to the account that it stands for.
// Invariant: a token counts only while its account, and the pod, node or secret it is bound to, exist with the same uid; only the
// signature is remembered between requests, never the answer.
// Called by: authenticator.ts, authz/tokenReview.ts.   Next on the way: back to authenticator.ts.

import type { ApiObject } from "#api";
import type { Clock } from "#lib";
import type { ObjectReader, UserInfo } from "../stages.ts";
import { type VerifyingKey, verifyJwt } from "./jwt.ts";

/** Clocks of other machines may differ by as much. */
const leewayMs = 60_000;
const rememberedTokens = 4096;

export interface ObjectReference {
  readonly name: string;
  readonly uid: string;
}

export interface ServiceAccountClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly "kubernetes.io": {
    readonly namespace: string;
    readonly serviceaccount: ObjectReference;
    readonly pod?: ObjectReference;
    readonly node?: ObjectReference;
    readonly secret?: ObjectReference;
    readonly warnafter?: number;
  };
}

export interface TokenAuthenticatorParts {
  readonly clock: Clock;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly keys: readonly VerifyingKey[];
  readonly reader: ObjectReader;
}

export type TokenAnswer =
  | { readonly user: UserInfo; readonly audiences: readonly string[] }
  /** Why the token does not count, in words safe to show. */
  | { readonly user?: undefined; readonly error: string };

export interface TokenAuthenticator {
  /** `audiences`: whom the token must be meant for; the API server's own when absent. */
  authenticateToken(token: string, audiences?: readonly string[]): Promise<TokenAnswer>;
}

const invalid = "invalid bearer token";
const invalidated = "service account token has been invalidated";

export function createTokenAuthenticator(parts: TokenAuthenticatorParts): TokenAuthenticator {
  const verified = new Map<string, ServiceAccountClaims>();
  const claimsOf = (token: string): ServiceAccountClaims | undefined => {
    const known = verified.get(token);
    if (known) return known;
    const claims = asClaims(verifyJwt(token, parts.keys));
    if (claims?.iss !== parts.issuer) return undefined;
    if (verified.size >= rememberedTokens) verified.delete(verified.keys().next().value ?? "");
    verified.set(token, claims);
    return claims;
  };
  return {
    async authenticateToken(token, audiences = parts.audiences) {
      const claims = claimsOf(token);
      if (!claims) return { error: invalid };
      const common = claims.aud.filter((audience) => audiences.includes(audience));
      if (common.length === 0) {
        const [held, wanted] = [claims.aud, audiences].map((list) => `[${list.map((text) => JSON.stringify(text)).join(" ")}]`);
        return { error: `[${invalid}, token audiences ${held} is invalid for the target audiences ${wanted}]` };
      }
      const error = timeError(claims, parts.clock.nowMs()) ?? (await bindingError(claims, parts));
      return error === undefined ? { user: userOf(claims), audiences: common } : { error: `[${invalid}, ${error}]` };
    },
  };
}

function asClaims(raw: Record<string, unknown> | undefined): ServiceAccountClaims | undefined {
  if (!raw) return undefined;
  const aud = typeof raw["aud"] === "string" ? [raw["aud"]] : raw["aud"];
  const bound = raw["kubernetes.io"] as ServiceAccountClaims["kubernetes.io"] | undefined;
  if (!Array.isArray(aud) || typeof raw["exp"] !== "number" || typeof bound?.namespace !== "string") return undefined;
  if (typeof bound.serviceaccount?.name !== "string" || typeof bound.serviceaccount.uid !== "string") return undefined;
  if (raw["sub"] !== `system:serviceaccount:${bound.namespace}:${bound.serviceaccount.name}`) return undefined;
  return { ...raw, aud } as unknown as ServiceAccountClaims;
}

function timeError(claims: ServiceAccountClaims, nowMs: number): string | undefined {
  if (nowMs - leewayMs > claims.exp * 1000) return "service account token has expired";
  if (claims.nbf !== undefined && nowMs + leewayMs < claims.nbf * 1000) return "service account token is not valid yet";
  if (claims.iat !== undefined && nowMs + leewayMs < claims.iat * 1000) return "service account token is issued in the future";
  return undefined;
}

async function bindingError(claims: ServiceAccountClaims, { reader, clock }: TokenAuthenticatorParts): Promise<string | undefined> {
  const { namespace, serviceaccount, pod, node, secret } = claims["kubernetes.io"];
  const gone = (object: ApiObject): boolean => {
    const deleted = object.metadata.deletionTimestamp;
    return deleted !== undefined && deleted !== null && Date.parse(deleted) < clock.nowMs() - leewayMs;
  };
  const account = await reader.get("", "serviceaccounts", namespace, serviceaccount.name);
  if (!account) return `serviceaccounts ${JSON.stringify(serviceaccount.name)} not found`;
  if (account.metadata.uid !== serviceaccount.uid)
    return `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`;
  if (gone(account)) return `service account ${namespace}/${serviceaccount.name} has been deleted`;

  const bound: readonly (readonly [ObjectReference | undefined, string, string, string])[] = [
    [secret, "secrets", namespace, "secret UID (%s) does not match service account secret ref claim (%s)"],
    [pod, "pods", namespace, "pod UID (%s) does not match service account pod ref claim (%s)"],
    // A token bound to a pod only mentions the node.
    [pod ? undefined : node, "nodes", "", "node UID (%s) does not match service account node ref claim (%s)"],
  ];
  for (const [reference, resource, at, mismatch] of bound) {
    if (!reference) continue;
    const object = await reader.get("", resource, at, reference.name);
    if (!object) return invalidated;
    if (object.metadata.uid !== reference.uid) return mismatch.replace("%s", object.metadata.uid ?? "").replace("%s", reference.uid);
    if (gone(object)) return invalidated;
  }
  return undefined;
}

export function userOf(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims["kubernetes.io"];
  const extra: Record<string, readonly string[]> = {};
  if (claims.jti) extra["authentication.kubernetes.io/credential-id"] = [`JTI=${claims.jti}`];
  if (pod) {
    extra["authentication.kubernetes.io/pod-name"] = [pod.name];
    extra["authentication.kubernetes.io/pod-uid"] = [pod.uid];
  }
  if (node?.name) {
    extra["authentication.kubernetes.io/node-name"] = [node.name];
    if (node.uid) extra["authentication.kubernetes.io/node-uid"] = [node.uid];
  }
  return {
    name: claims.sub,
    uid: serviceaccount.uid,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
