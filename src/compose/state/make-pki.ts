// Makes the cluster's keys and certificates: once, each file whole, keys readable by their owner alone.
// Invariant: what exists is kept, so a half-finished first start is finished by the next; the authority's key is opened only to sign.
// Called by: cmd/part.ts in a process of its own, because the X.509 library is heavy and needed for a moment only. Next: pki.ts reads.

import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#lib";
import { type CertificateAndKey, createCa, createSigningKey, type IssueRequest, issue } from "#wire";
import { writeWhole } from "./folder.ts";
import type { StatePaths } from "./paths.ts";
import { findPair, nodePair } from "./pki.ts";

const yearDays = 365;

function write(paths: StatePaths, name: string, pair: CertificateAndKey): CertificateAndKey {
  writeWhole(join(paths.pki, `${name}.key`), pair.key, 0o600);
  writeWhole(join(paths.pki, `${name}.crt`), pair.cert, 0o644);
  return pair;
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
    nodePair(node),
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
  const ca = findPair(paths, "ca") ?? write(paths, "ca", await createCa(`dhow-${paths.name}`, { clock }));
  await Promise.all(
    Object.entries(requests(wanted)).map(async ([name, request]) => {
      if (!findPair(paths, name)) write(paths, name, await issue(ca, request, { clock }));
    }),
  );
  const serviceAccounts = join(paths.pki, "sa.key");
  if (!existsSync(serviceAccounts)) writeWhole(serviceAccounts, await createSigningKey());
  const simulated = join(paths.pki, "simulated-nodes.secret");
  if (!existsSync(simulated)) writeWhole(simulated, randomBytes(32).toString("hex"));
}
