// The cluster's keys and certificates as files, and the tokens of simulated nodes.
// Invariant: private keys are 0600 and are read only by the part that signs or serves with them; nothing here makes one.
// Called by: control-plane.ts, node.ts, simulated-nodes.ts; make-pki.ts, which makes what is missing.

import { createHmac, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StatePaths } from "./paths.ts";

export interface Pair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export function findPair(paths: StatePaths, name: string): Pair | undefined {
  const [cert, key] = [join(paths.pki, `${name}.crt`), join(paths.pki, `${name}.key`)];
  if (!existsSync(cert) || !existsSync(key)) return undefined;
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

export function readPair(paths: StatePaths, name: string): Pair {
  const pair = findPair(paths, name);
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
  return readFileSync(join(paths.pki, "simulated-nodes.secret"));
}

/** Certificates that every cluster has; each real node has one more, see `nodePair`. */
export const pairNames = ["ca", "apiserver", "apiserver-kubelet-client", "simulated-nodes", "admin"] as const;

/** What the serving parts sign, serve and prove themselves with; every other key stays with whoever started the cluster. */
export const servingKeys = [
  "apiserver.key",
  "apiserver-kubelet-client.key",
  "simulated-nodes.key",
  "sa.key",
  "simulated-nodes.secret",
  "store-client.key",
] as const;

export function nodePair(node: string): string {
  return `node-${node}`;
}

export function pkiComplete(paths: StatePaths, nodes: readonly string[]): boolean {
  const pairs = [...pairNames, ...nodes.map(nodePair)];
  return (
    pairs.every((name) => findPair(paths, name)) && ["sa.key", "simulated-nodes.secret"].every((name) => existsSync(join(paths.pki, name)))
  );
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
  // The right token of each node that came with it: no more than there are nodes.
  const proved = new Map<string, Buffer>();
  return {
    issue: (node) => tokenFor(secret, node),
    verify(token) {
      if (!token.startsWith(tokenPrefix)) return undefined;
      const node = token.slice(tokenPrefix.length, token.lastIndexOf("."));
      const known = proved.get(node);
      const [given, right] = [Buffer.from(token), known ?? Buffer.from(tokenFor(secret, node))];
      if (given.length !== right.length || !timingSafeEqual(given, right) || !allowed(node)) return undefined;
      if (!known) proved.set(node, right);
      return node;
    },
  };
}
