// Service account tokens of pods: asked for once, kept while they are young, asked for again before they end.
// Invariant: a token is renewed at 80 % of its life, and after a day at the latest; one that cannot be renewed serves until it ends.
// Called by: host.ts through files.ts. Next on the way: the API server's TokenRequest.

import type { Pod, TokenRequest } from "#api";
import type { Client } from "#client";
import type { Clock, Log } from "#lib";

export interface TokenSource {
  readonly audience?: string;
  readonly expirationSeconds?: number;
}

interface Kept {
  readonly token: string;
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

const dayMs = 86_400_000;
const retryMs = 60_000;

/** When a token issued for `lifeSeconds` that ends at `endsAtMs` is to be replaced. */
export function renewAtMs(endsAtMs: number, lifeSeconds: number): number {
  const issuedMs = endsAtMs - lifeSeconds * 1000;
  return Math.min(issuedMs + dayMs, endsAtMs - lifeSeconds * 200);
}

export class Tokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kept = new Map<string, Map<string, Kept>>();

  constructor(client: Client, clock: Clock, log: Log) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  async get(pod: Pod, source: TokenSource): Promise<string> {
    const uid = pod.metadata.uid ?? "";
    const ofPod = this.#kept.get(uid) ?? new Map<string, Kept>();
    this.#kept.set(uid, ofPod);
    const key = `${source.audience ?? ""} ${source.expirationSeconds ?? 3600}`;
    const known = ofPod.get(key);
    const nowMs = this.#clock.nowMs();
    if (known && known.renewAtMs > nowMs) return known.token;
    try {
      const fresh = await this.#request(pod, source);
      ofPod.set(key, fresh);
      return fresh.token;
    } catch (error) {
      if (!known || known.endsAtMs <= nowMs)
        throw new Error(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`);
      this.#log.warn("could not renew a service account token", { pod: pod.metadata.name, error });
      ofPod.set(key, { ...known, renewAtMs: nowMs + retryMs });
      return known.token;
    }
  }

  /** When the first of the pod's tokens is due; undefined: it has none. */
  dueAtMs(uid: string): number | undefined {
    const times = [...(this.#kept.get(uid)?.values() ?? [])].map((one) => one.renewAtMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  release(uid: string): void {
    this.#kept.delete(uid);
  }

  async #request(pod: Pod, source: TokenSource): Promise<Kept> {
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const lifeSeconds = source.expirationSeconds ?? 3600;
    const request: TokenRequest = {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: {},
      spec: {
        audiences: source.audience === undefined || source.audience === "" ? [] : [source.audience],
        expirationSeconds: lifeSeconds,
        boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
      },
    };
    const account = pod.spec?.serviceAccountName || "default";
    const accounts = this.#client.resource("serviceaccounts");
    const { status, spec } = (await accounts.subresource("POST", namespace, account, "token", request)) as TokenRequest;
    const endsAtMs =
      status?.expirationTimestamp === undefined ? this.#clock.nowMs() + lifeSeconds * 1000 : Date.parse(status.expirationTimestamp);
    return { token: status?.token ?? "", endsAtMs, renewAtMs: renewAtMs(endsAtMs, spec?.expirationSeconds ?? lifeSeconds) };
  }
}
