// Certificates: a cluster's own authority, made once, and what it signs for servers, users and nodes.
// Invariant: keys are ECDSA P-256 and leave this file only as PEM for a 0600 file; the X.509 library loads at the first issue, never before.
// Called by: compose/state (first `up`, new nodes). Next on the way: server.ts and client/https.ts, which present them.

import { createPrivateKey, KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type * as X509 from "@peculiar/x509";
import { type Clock, systemClock } from "#lib";

export interface CertificateAndKey {
  /** PEM. */
  readonly cert: string;
  /** PEM, SEC 1. */
  readonly key: string;
}

export interface IssueRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly server?: boolean;
  readonly client?: boolean;
  readonly days: number;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const dayMs = 86_400_000;
/** Machines whose clocks are a little behind must accept a certificate made just now. */
const backdateMs = 300_000;

async function library(): Promise<typeof X509> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

const sec1 = (key: webcrypto.CryptoKey): string => KeyObject.from(key).export({ type: "sec1", format: "pem" }).toString();

function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  // Positive and without a leading zero byte, whatever the dice say. (RFC 5280 §4.1.2.2)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}

/** A subject as RDNs: several organizations are several attributes, which is how groups travel. */
function subject(request: { commonName: string; organizations?: readonly string[] }): { [type: string]: string[] }[] {
  return [...(request.organizations ?? []).map((organization) => ({ O: [organization] })), { CN: [request.commonName] }];
}

export async function createCa(commonName: string, options: { clock?: Clock; days?: number } = {}): Promise<CertificateAndKey> {
  const x509 = await library();
  const nowMs = (options.clock ?? systemClock()).nowMs();
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: new x509.Name(subject({ commonName })),
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + (options.days ?? 3650) * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: sec1(keys.privateKey) };
}

export async function issue(ca: CertificateAndKey, request: IssueRequest, options: { clock?: Clock } = {}): Promise<CertificateAndKey> {
  const x509 = await library();
  const nowMs = (options.clock ?? systemClock()).nowMs();
  const authority = new x509.X509Certificate(ca.cert);
  const pkcs8 = createPrivateKey(ca.key).export({ type: "pkcs8", format: "der" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  const keys = await generateKeys();
  const purposes = [
    ...(request.server ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ...(request.client ? [x509.ExtendedKeyUsage.clientAuth] : []),
  ];
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(request.ipAddresses ?? []).filter((value) => isIP(value) !== 0).map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: new x509.Name(subject(request)).toString(),
    issuer: authority.subject,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(Math.min(nowMs + request.days * dayMs, authority.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension(purposes)] : []),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: sec1(keys.privateKey) };
}

/** A P-256 key for signing service-account tokens: PEM, SEC 1. */
export async function createSigningKey(): Promise<string> {
  return sec1((await generateKeys()).privateKey);
}
