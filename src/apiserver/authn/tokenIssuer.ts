// serviceaccounts/token: issues a token for an account, bound to a pod, secret or node if asked.
// Invariant: never issues for an object whose uid is not the one named; the signed lifetime may be longer than the answered one only
// for the kubelet's projected tokens, as upstream does, so that clients which never re-read their file keep working.
// Called by: the registry, for create on serviceaccounts/token.   Next on the way: jwt.ts signs; serviceAccount.ts verifies later.

import { ApiError, type ApiObject, type FieldError, fieldError } from "#api";
import { type Clock, type Prng, rfc3339, uuid } from "#lib";
import type { ObjectReader, TokenIssuer } from "../stages.ts";
import type { SigningKey } from "./jwt.ts";
import type { ObjectReference, ServiceAccountClaims } from "./serviceAccount.ts";

const minimumSeconds = 600;
const defaultSeconds = 3600;
/** A projected token asks for this many seconds; upstream then signs a year and warns from here on. */
const projectedSeconds = 3607;
const extendedSeconds = 365 * 24 * 60 * 60;

export interface TokenIssuerParts {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly key: SigningKey;
  readonly reader: ObjectReader;
}

interface Spec {
  audiences?: string[] | null;
  expirationSeconds?: number | null;
  boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string } | null;
}

export function createTokenIssuer(parts: TokenIssuerParts): TokenIssuer {
  return {
    async issueToken(serviceAccount, tokenRequest) {
      const { name = "", namespace = "", uid = "" } = serviceAccount.metadata;
      checkMetadata(tokenRequest, serviceAccount);
      const spec = (tokenRequest["spec"] ?? {}) as Spec;
      const audiences = spec.audiences?.length ? spec.audiences : [...parts.audiences];
      const expirationSeconds = spec.expirationSeconds ?? defaultSeconds;
      const errors = checkExpiration(expirationSeconds);
      if (errors.length > 0) throw ApiError.invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", errors);

      const bound = spec.boundObjectRef ? await resolve(parts.reader, spec.boundObjectRef, namespace, name) : {};
      const extended =
        expirationSeconds === projectedSeconds && bound.pod !== undefined && audiences.every((text) => parts.audiences.includes(text));
      const nowMs = parts.clock.nowMs();
      const now = Math.floor(nowMs / 1000);
      const claims: ServiceAccountClaims = {
        aud: audiences,
        exp: now + (extended ? extendedSeconds : expirationSeconds),
        iat: now,
        iss: parts.issuer,
        jti: uuid(parts.prng),
        "kubernetes.io": {
          namespace,
          ...(bound.node ? { node: bound.node } : {}),
          ...(bound.pod ? { pod: bound.pod } : {}),
          ...(bound.secret ? { secret: bound.secret } : {}),
          serviceaccount: { name, uid },
          ...(extended ? { warnafter: now + expirationSeconds } : {}),
        },
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${name}`,
      };
      return {
        kind: "TokenRequest",
        apiVersion: "authentication.k8s.io/v1",
        metadata: { name, namespace, uid, creationTimestamp: rfc3339(nowMs) },
        spec: { audiences, expirationSeconds, boundObjectRef: spec.boundObjectRef ?? null },
        status: { token: parts.key.sign(claims), expirationTimestamp: rfc3339(nowMs + expirationSeconds * 1000) },
      };
    },
  };
}

function checkMetadata(request: ApiObject, account: ApiObject): void {
  const { name, namespace, uid } = request.metadata ?? {};
  const errors: FieldError[] = [];
  if (name && name !== account.metadata.name)
    errors.push(fieldError.invalid("metadata.name", name, "must match the service account name if specified"));
  if (namespace && namespace !== account.metadata.namespace)
    errors.push(fieldError.invalid("metadata.namespace", namespace, "must match the service account namespace if specified"));
  const kind = { group: "authentication.k8s.io", kind: "TokenRequest" };
  if (errors[0]) throw ApiError.invalid(kind, account.metadata.name ?? "", [errors[0]]);
  if (uid && uid !== account.metadata.uid) {
    const text = `the UID in the token request (${uid}) does not match the UID of the service account (${account.metadata.uid})`;
    throw ApiError.conflict({ group: kind.group, resource: kind.kind }, account.metadata.name ?? "", text);
  }
}

function checkExpiration(seconds: number): FieldError[] {
  const field = "spec.expirationSeconds";
  if (seconds < minimumSeconds) return [fieldError.invalid(field, seconds, "may not specify a duration less than 10 minutes")];
  if (seconds > 2 ** 32) return [fieldError.invalid(field, seconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}

interface Bound {
  readonly pod?: ObjectReference;
  readonly node?: ObjectReference;
  readonly secret?: ObjectReference;
}

async function resolve(reader: ObjectReader, ref: NonNullable<Spec["boundObjectRef"]>, namespace: string, account: string): Promise<Bound> {
  const resource = ref.apiVersion === "v1" ? { Pod: "pods", Secret: "secrets", Node: "nodes" }[ref.kind ?? ""] : undefined;
  const [group, version] = ref.apiVersion?.includes("/") ? ref.apiVersion.split("/") : ["", ref.apiVersion ?? ""];
  if (!resource) throw ApiError.badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${ref.kind ?? ""}`);
  const name = ref.name ?? "";
  const object = await reader.get("", resource, resource === "nodes" ? "" : namespace, name);
  if (!object) throw ApiError.notFound({ group: "", resource }, name);
  const uid = object.metadata.uid ?? "";
  if (resource === "pods" && (object["spec"] as { serviceAccountName?: string }).serviceAccountName !== account)
    throw ApiError.badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  if (ref.uid && ref.uid !== uid) {
    const text = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw ApiError.conflict({ group: "", resource: ref.kind ?? "" }, name, text);
  }
  const bound = { name, uid };
  if (resource === "secrets") return { secret: bound };
  if (resource === "nodes") return { node: bound };
  const nodeName = (object["spec"] as { nodeName?: string }).nodeName;
  if (!nodeName) return { pod: bound };
  const node = await reader.get("", "nodes", "", nodeName);
  return { pod: bound, node: { name: nodeName, uid: node?.metadata.uid ?? "" } };
}
