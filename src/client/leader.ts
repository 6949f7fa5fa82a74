// Leader election on a Lease: of several equal components one works, the others wait for its Lease to run out.
// Invariant: whoever could not renew for `renewDeadlineMs` has stopped working before anybody else may take the Lease.
// Called by: compose, around the control loops and the scheduler. Next on the way: controllers/.

import { ApiError, type Lease } from "#api";
import { type Clock, delay, type Log, type Prng, rfc3339Micro, type Timer } from "#lib";
import type { Live } from "./objects.ts";
import type { Client, ResourceClient } from "./typed.ts";

export interface LeaderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly namespace?: string;
  /** The Lease's name: `kube-controller-manager`, `kube-scheduler`. */
  readonly name: string;
  /** Unique among the candidates. A restarted component with the same identity goes on at once. */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  onStarted(): void;
  /** Must stop the work before it returns. */
  onStopped(): void;
}

export interface LeaderElection {
  readonly leading: boolean;
  /** Stops working and gives the Lease back, so that the next one need not wait. */
  close(): Promise<void>;
}

export function runLeaderElection(options: LeaderOptions): LeaderElection {
  const candidate = new Candidate(options);
  const running = candidate.run();
  return {
    get leading() {
      return candidate.leading;
    },
    async close() {
      candidate.stop();
      await running;
      await candidate.release();
    },
  };
}

class Candidate {
  readonly #options: LeaderOptions;
  readonly #leases: ResourceClient<Lease>;
  readonly #abort = new AbortController();
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #lease: Live<Lease> | undefined;
  /** The other's Lease as last seen changing, by our own clock: clocks of two machines need not agree. */
  #observed = { version: "", atMs: 0 };
  #deadline: Timer | undefined;
  leading = false;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#leases = options.client.resource<Lease>("leases.coordination.k8s.io");
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
  }

  stop(): void {
    this.#abort.abort();
  }

  async run(): Promise<void> {
    const { clock, prng, log, name } = this.#options;
    while (!this.#abort.signal.aborted) {
      const startedMs = clock.monotonicMs();
      const held = await this.#acquireOrRenew().catch((error: unknown) => {
        log.warn("the leader lease could not be written", { lease: name, error });
        return undefined;
      });
      if (this.#abort.signal.aborted) break;
      // A renewal that took longer than the deadline comes too late: the work has stopped, and starts anew.
      if (held === true) this.#lead(startedMs);
      else if (held === false) this.#stopLeading("somebody else holds the lease");
      const pauseMs = this.leading ? this.#retryPeriodMs : this.#retryPeriodMs * (1 + prng.next() * 1.2);
      await delay(clock, pauseMs, this.#abort.signal).catch(() => undefined);
    }
    this.#stopLeading("closed");
  }

  /** The deadline counts from when the renewal was sent, and runs also while a request hangs. */
  #lead(renewedMs: number): void {
    const { clock, log, name, identity } = this.#options;
    const leftMs = renewedMs + this.#renewDeadlineMs - clock.monotonicMs();
    this.#deadline?.cancel();
    if (leftMs <= 0) return this.#stopLeading("the renewal came too late");
    this.#deadline = clock.after(leftMs, () => this.#stopLeading("it could not be renewed in time"));
    if (this.leading) return;
    this.leading = true;
    log.info("leading", { lease: name, identity });
    this.#options.onStarted();
  }

  #stopLeading(why: string): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    if (!this.leading) return;
    this.leading = false;
    const { log, name } = this.#options;
    if (why !== "closed") log.error("the leader lease is lost", { lease: name, why });
    this.#options.onStopped();
  }

  async release(): Promise<void> {
    const lease = this.#lease;
    if (lease?.spec?.holderIdentity !== this.#options.identity) return;
    const now = rfc3339Micro(this.#options.clock.nowMs());
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    await this.#leases.update({ ...lease, spec }).catch(() => undefined);
  }

  /** True: we hold it. False: somebody else does. Rejects when the server could not be asked in time. */
  async #acquireOrRenew(): Promise<boolean> {
    const { clock, identity, name, namespace = "kube-system" } = this.#options;
    const now = rfc3339Micro(clock.nowMs());
    const leaseDurationSeconds = Math.round(this.#leaseDurationMs / 1000);
    try {
      this.#lease ??= await this.#leases.get(namespace, name);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status.code !== 404) throw error;
      const spec = { holderIdentity: identity, leaseDurationSeconds, acquireTime: now, renewTime: now, leaseTransitions: 0 };
      this.#lease = await this.#leases.create({ metadata: { namespace, name }, spec });
      return true;
    }
    const lease = this.#lease;
    const holder = lease.spec?.holderIdentity ?? "";
    const ours = holder === identity;
    if (!ours && holder !== "" && !this.#expired(lease)) {
      this.#lease = undefined;
      return false;
    }
    const before = lease.spec ?? {};
    const spec = ours
      ? { ...before, leaseDurationSeconds, renewTime: now }
      : {
          ...before,
          holderIdentity: identity,
          leaseDurationSeconds,
          acquireTime: now,
          renewTime: now,
          leaseTransitions: (before.leaseTransitions ?? 0) + 1,
        };
    try {
      this.#lease = await this.#leases.update({ ...lease, spec });
      return true;
    } catch (error) {
      this.#lease = undefined;
      // A conflict means that our copy was old: the next attempt reads it anew.
      if (error instanceof ApiError && error.status.code === 409 && !this.leading) return false;
      throw error;
    }
  }

  #expired(lease: Live<Lease>): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#observed.version !== lease.metadata.resourceVersion)
      this.#observed = { version: lease.metadata.resourceVersion, atMs: nowMs };
    return nowMs - this.#observed.atMs >= (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  }
}
