// JSON Web Tokens, as far as service accounts need them: sign, verify, and publish the keys.
// Invariant: only ES256 and RS256, chosen by the key and never by the token; a token's own header picks the key, not the algorithm.
// Called by: serviceAccount.ts (verify), tokenIssuer.ts (sign), discovery/openid.ts (keys).   Next on the way: serviceAccount.ts.

import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: "ES256" | "RS256";
  readonly publicKey: KeyObject;
  sign(claims: object): string;
}

export interface VerifyingKey {
  readonly keyId: string;
  readonly algorithm: "ES256" | "RS256";
  readonly publicKey: KeyObject;
}

/** The key id is the hash of the public key, so that every holder of the key names it alike. */
export function verifyingKey(pem: string): VerifyingKey {
  const publicKey = createPublicKey(pem);
  const algorithm = publicKey.asymmetricKeyType === "ec" ? "ES256" : "RS256";
  const curve = publicKey.asymmetricKeyDetails?.namedCurve;
  if (publicKey.asymmetricKeyType === "ec" ? curve !== "prime256v1" : publicKey.asymmetricKeyType !== "rsa")
    throw new Error(`A service-account key must be RSA or EC P-256, not ${curve ?? publicKey.asymmetricKeyType}`);
  const keyId = createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("base64url");
  return { keyId, algorithm, publicKey };
}

export function signingKey(privateKeyPem: string): SigningKey {
  const key = createPrivateKey(privateKeyPem);
  const { keyId, algorithm, publicKey } = verifyingKey(privateKeyPem);
  const head = encode({ alg: algorithm, kid: keyId });
  return {
    keyId,
    algorithm,
    publicKey,
    sign(claims) {
      const text = `${head}.${encode(claims)}`;
      return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
    },
  };
}

/** The claims of a token signed by one of `keys`; undefined for anything else. Times and audiences are the caller's to check. */
export function verifyJwt(token: string, keys: readonly VerifyingKey[]): Record<string, unknown> | undefined {
  const [head = "", body = "", signature = "", ...rest] = token.split(".");
  if (rest.length > 0) return undefined;
  const header = decode(head);
  const claims = decode(body);
  if (!header || !claims) return undefined;
  for (const key of keys) {
    if (header["alg"] !== key.algorithm || (header["kid"] !== undefined && header["kid"] !== key.keyId)) continue;
    const signed = Buffer.from(`${head}.${body}`);
    if (verify("sha256", signed, { key: key.publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"))) return claims;
  }
  return undefined;
}

/** The public keys in the form of RFC 7517. */
export function jsonWebKeys(keys: readonly VerifyingKey[]): { keys: object[] } {
  return {
    keys: keys.map((key) => ({ use: "sig", ...publicParts(key), kid: key.keyId, alg: key.algorithm })),
  };
}

function publicParts(key: VerifyingKey): object {
  const { kty, crv, x, y, n, e } = key.publicKey.export({ format: "jwk" });
  return kty === "EC" ? { kty, crv, x, y } : { kty, n, e };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function decode(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
