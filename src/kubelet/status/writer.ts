// Tells the API server a pod's status, one write at a time: what is wanted while a write is under way waits, and only the newest counts.
// Invariant: never two writes of one pod at once; `view` is the pod as it will be when all writes have arrived, so that no pass tells a thing twice.
// Called by: pods/worker.ts after every pass. Next on the way: the patch of pods/status.

import { ApiError, type Pod, type PodStatus } from "#api";
import type { Live, ResourceClient, WriteContext } from "#client";
import { statusPatch, withStatus } from "./status.ts";

export interface StatusWriterHooks {
  /** The pod as the API server is known to have it; undefined: it has none. */
  current(): Live<Pod> | undefined;
  /** A write has arrived. */
  stored(pod: Live<Pod>): void;
  /** A write has failed: what it was to say is no longer wanted, until the next pass wants it again. */
  failed(error: unknown): void;
}

interface Wanted {
  readonly status: PodStatus;
  readonly write: WriteContext;
}

export class StatusWriter {
  readonly #pods: ResourceClient<Pod>;
  readonly #hooks: StatusWriterHooks;
  #next: Wanted | undefined;
  #sending: Wanted | undefined;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(pods: ResourceClient<Pod>, hooks: StatusWriterHooks) {
    this.#pods = pods;
    this.#hooks = hooks;
  }

  get #wanted(): Wanted | undefined {
    return this.#next ?? this.#sending;
  }

  /** With what is on its way to the API server; what others write there stays. */
  view(pod: Live<Pod>): Live<Pod> {
    const wanted = this.#wanted;
    return wanted ? { ...pod, status: withStatus(pod.status, wanted.status) } : pod;
  }

  /** True when `pod` shows just what has been told, or less: no news. */
  isEcho(pod: Live<Pod>): boolean {
    const wanted = this.#sending;
    return wanted !== undefined && statusPatch(pod.status, wanted.status) === undefined;
  }

  /** True when there is something to write. */
  tell(pod: Live<Pod>, status: PodStatus, write: WriteContext): boolean {
    if (statusPatch(this.view(pod).status, status) === undefined) return false;
    this.#next = { status, write };
    this.#running ??= this.#drain();
    return true;
  }

  /** Resolves when nothing is left to be written; rejects when the last write failed. */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#failure) throw this.#failure.error;
  }

  async #drain(): Promise<void> {
    this.#failure = undefined;
    try {
      while (this.#next) {
        this.#sending = this.#next;
        this.#next = undefined;
        await this.#send(this.#sending);
      }
    } catch (error) {
      this.#failure = { error };
      this.#next = undefined;
      this.#hooks.failed(error);
    } finally {
      this.#sending = undefined;
      this.#running = undefined;
    }
  }

  async #send({ status, write }: Wanted): Promise<void> {
    const pod = this.#hooks.current();
    const patch = pod && statusPatch(pod.status, status);
    if (!pod || !patch) return;
    const { namespace = "", name, uid } = pod.metadata;
    try {
      const body = { metadata: { uid }, status: patch };
      this.#hooks.stored(await this.#pods.patch(namespace, name, "strategic", body, write, { subresource: "status" }));
    } catch (error) {
      // Gone, or another pod of the same name: the watch will say so.
      if (!(error instanceof ApiError) || (error.status.code !== 404 && error.status.code !== 409)) throw error;
    }
  }
}
