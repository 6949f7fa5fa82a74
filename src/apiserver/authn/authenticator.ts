// Who asks: a client certificate, else a bearer token, else nobody, and nobody may only see health and version.
// Invariant: credentials that are shown and wrong are a 401, never anonymous; so is any other path without credentials.
// Called by: the pipeline's authenticate stage.   Next on the way: serviceAccount.ts, impersonation.ts, then the authorizer.

import { ApiError } from "#api";
import { header, type HttpRequest } from "#wire";
import type { Authenticator, Authorizer, UserInfo } from "../stages.ts";
import { impersonate } from "./impersonation.ts";
import type { TokenAuthenticator } from "./serviceAccount.ts";

/** The paths that answer without credentials. Upstream lets anonymous try every path and leaves the refusal to RBAC. */
const openPaths: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz", "/version", "/version/"]);

export const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

export interface AuthenticatorParts {
  readonly tokens: TokenAuthenticator;
  readonly authorizer: Authorizer;
}

export function createAuthenticator({ tokens, authorizer }: AuthenticatorParts): Authenticator {
  return {
    async authenticate(request) {
      const user = certificateUser(request) ?? (await tokenUser(request, tokens)) ?? anonymousUser(request);
      return impersonate(user, request.headers, authorizer);
    },
  };
}

function certificateUser(request: HttpRequest): UserInfo | undefined {
  const certificate = request.peer.certificate;
  if (!certificate || certificate.commonName === "") return undefined;
  const groups = certificate.organizations.includes("system:authenticated") ? [] : ["system:authenticated"];
  return { name: certificate.commonName, groups: [...certificate.organizations, ...groups] };
}

async function tokenUser(request: HttpRequest, tokens: TokenAuthenticator): Promise<UserInfo | undefined> {
  const token = /^bearer +(\S+) *$/i.exec(header(request.headers, "authorization") ?? "")?.[1];
  if (token === undefined) return undefined;
  const answer = await tokens.authenticateToken(token);
  if (!answer.user) throw ApiError.unauthorized();
  return answer.user;
}

function anonymousUser(request: HttpRequest): UserInfo {
  const [path = ""] = request.target.split("?", 1);
  if (!openPaths.has(path)) throw ApiError.unauthorized();
  return anonymous;
}
