// Identity and rights in one piece: everything about who and may they, wired from what the API server has.
// Invariant: no decision is taken before `ready`; the parts share one index, one graph and one way to check tokens.
// Called by: createApiServer.   Next on the way: authn/authenticator.ts, authorizer.ts.

import type { Clock, Prng } from "#lib";
import { createAuthenticator } from "../authn/authenticator.ts";
import { signingKey, type VerifyingKey, verifyingKey } from "../authn/jwt.ts";
import { createTokenAuthenticator } from "../authn/serviceAccount.ts";
import { createTokenIssuer } from "../authn/tokenIssuer.ts";
import type { Authenticator, Authorizer, ObjectReader, TokenIssuer, VirtualResource } from "../stages.ts";
import { createAuthorizer } from "./authorizer.ts";
import { checkEscalation, type RbacWrite } from "./escalation.ts";
import { followAuthorization, newAuthorizerParts } from "./follow.ts";
import { checkNodeRestriction, type NodeWrite } from "./nodeRestriction.ts";
import { createReviews } from "./reviews.ts";

export const defaultIssuer = "https://kubernetes.default.svc.cluster.local";

export interface SecurityParts {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly reader: ObjectReader;
  /** PEM, private; EC P-256 or RSA. Signs service-account tokens. */
  readonly serviceAccountKey: string;
  /** PEM, older keys whose tokens still count. */
  readonly olderServiceAccountKeys?: readonly string[];
  readonly issuer?: string;
  readonly audiences?: readonly string[];
}

export interface Security {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly tokenIssuer: TokenIssuer;
  readonly virtualResources: readonly VirtualResource[];
  readonly issuer: string;
  /** For /openid/v1/jwks. */
  readonly tokenKeys: readonly VerifyingKey[];
  /** Begins to follow roles, bindings and pods; resolves when the first fill is in. */
  follow(): Promise<void>;
  /** Admission: throws the 403 for a role or binding that grants more than its writer holds. */
  readonly checkEscalation: (write: RbacWrite) => void;
  /** Admission: throws the 403 for what a node may not write. */
  readonly checkNodeRestriction: (write: NodeWrite) => Promise<void>;
}

export function createSecurity(parts: SecurityParts): Security {
  const { clock, prng, reader, issuer = defaultIssuer, audiences = [issuer] } = parts;
  const key = signingKey(parts.serviceAccountKey);
  const tokenKeys = [key, ...(parts.olderServiceAccountKeys ?? []).map(verifyingKey)];
  const rights = newAuthorizerParts();
  const authorizer = createAuthorizer(rights);
  const tokens = createTokenAuthenticator({ clock, issuer, audiences, keys: tokenKeys, reader });
  return {
    authenticator: createAuthenticator({ tokens, authorizer }),
    authorizer,
    tokenIssuer: createTokenIssuer({ clock, prng, issuer, audiences, key, reader }),
    virtualResources: createReviews({ authorizer: rights, tokens, clock }),
    issuer,
    tokenKeys,
    follow: () => followAuthorization(reader, rights),
    checkEscalation: (write) => checkEscalation(rights, write),
    checkNodeRestriction: (write) => checkNodeRestriction(reader, write),
  };
}
