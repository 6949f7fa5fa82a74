// The cluster's keys and certificates: made once, each file whole, keys readable by their owner alone.
// Invariant: what exists is kept, so a half-finished first start is finished by the next; the authority's key is opened only to sign.
// Called by: the supervisor before the control plane may go. Next on the way: control-plane.ts reads what it serves with.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib";
import { type CertificateAndKey, createCa, createSigningKey, type IssueRequest, issue } from "#wire";
import { writeWhole } from "./folder.ts";
import type { StatePaths } from "./paths.ts";

const yearDays = 365;

function read(paths: StatePaths, name: string): CertificateAndKey | undefined {
  const [cert, key] = [join(paths.pki, `${name}.crt`), join(paths.pki, `${name}.key`)];
  if (!existsSync(cert) || !existsSync(key)) return undefined;
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

function write(paths: StatePaths, name: string, pair: CertificateAndKey): CertificateAndKey {
  writeWhole(join(paths.pki, `${name}.key`), pair.key, 0o600);
  writeWhole(join(paths.pki, `${name}.crt`), pair.cert, 0o644);
  return pair;
}

export function readPair(paths: StatePaths, name: string): CertificateAndKey {
  const pair = read(paths, name);
  if (!pair) throw new Error(`${paths.pki}/${name}.crt or .key is missing`);
  return pair;
}

export function readCa(paths: StatePaths): string {
  return readFileSync(join(paths.pki, "ca.crt"), "utf8");
}

export function readServiceAccountKey(paths: StatePaths): string {
  return readFileSync(join(paths.pki, "sa.key"), "utf8");
}

function readSecret(paths: StatePaths): Buffer {
  return readFileSync(join(paths.pki, "simulated-nodes.key"));
}

export interface PkiRequest {
  readonly clock: Clock;
  readonly hostNames: readonly string[];
  readonly addresses: readonly string[];
  readonly nodes: readonly string[];
}

const serviceNames = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"];

function requests(wanted: PkiRequest): Readonly<Record<string, IssueRequest>> {
  const nodes = wanted.nodes.map((node): [string, IssueRequest] => [
    `node-${node}`,
    {
      commonName: `system:node:${node}`,
      organizations: ["system:nodes"],
      dnsNames: [node, "localhost"],
      ipAddresses: wanted.addresses,
      server: true,
      client: true,
      days: yearDays,
    },
  ]);
  return {
    apiserver: {
      commonName: "kube-apiserver",
      dnsNames: [...serviceNames, ...wanted.hostNames],
      ipAddresses: wanted.addresses,
      server: true,
      days: yearDays,
    },
    "simulated-nodes": {
      commonName: "system:node:simulated",
      dnsNames: ["localhost"],
      ipAddresses: ["127.0.0.1"],
      server: true,
      days: yearDays,
    },
    "apiserver-kubelet-client": {
      commonName: "kube-apiserver-kubelet-client",
      organizations: ["kubeadm:cluster-admins"],
      client: true,
      days: yearDays,
    },
    admin: { commonName: "kubernetes-admin", organizations: ["system:masters"], client: true, days: yearDays },
    ...(wanted.nodes.length > 0 ? Object.fromEntries(nodes) : {}),
  };
}

/** Makes what is missing. Loads the X.509 library only when something is. */
export async function ensurePki(paths: StatePaths, wanted: PkiRequest): Promise<void> {
  const { clock } = wanted;
  const ca = read(paths, "ca") ?? write(paths, "ca", await createCa(`dhow-${paths.name}`, { clock }));
  await Promise.all(
    Object.entries(requests(wanted)).map(async ([name, request]) => {
      if (!read(paths, name)) write(paths, name, await issue(ca, request, { clock }));
    }),
  );
  const serviceAccounts = join(paths.pki, "sa.key");
  if (!existsSync(serviceAccounts)) writeWhole(serviceAccounts, await createSigningKey());
  const simulated = join(paths.pki, "simulated-nodes.key");
  if (!existsSync(simulated)) writeWhole(simulated, randomBytes(32).toString("hex"));
}

const tokenPrefix = "dhow-node.";

function tokenFor(secret: Buffer, node: string): string {
  return `${tokenPrefix}${node}.${createHmac("sha256", secret).update(node).digest("base64url")}`;
}

/** The tokens of simulated nodes: one per node, each good for that node's identity alone. */
export function nodeTokens(
  paths: StatePaths,
  allowed: (node: string) => boolean,
): { issue(node: string): string; verify(token: string): string | undefined } {
  const secret = readSecret(paths);
  return {
    issue: (node) => tokenFor(secret, node),
    verify(token) {
      if (!token.startsWith(tokenPrefix)) return undefined;
      const node = token.slice(tokenPrefix.length, token.lastIndexOf("."));
      const [given, right] = [Buffer.from(token), Buffer.from(tokenFor(secret, node))];
      return given.length === right.length && timingSafeEqual(given, right) && allowed(node) ? node : undefined;
    },
  };
}
