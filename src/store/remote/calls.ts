// One call of etcd's API, typed, and made again where that is safe.
// Invariant: a read is made again until its time is over; a write only if nothing of it can have reached the store.
// Called by: store.ts, compaction.ts. Next on the way: endpoints.ts.

import { type Clock, delay, type Prng } from "#lib";
import { type GrpcChannel, Unsent } from "#wire";
import { decode, encode, type Sparse } from "../etcd/codec.ts";
import { calls, type Messages } from "../etcd/messages.gen.ts";
import type { Endpoints } from "./endpoints.ts";
import { isPassing, toStoreError } from "./errors.ts";

type Calls = typeof calls;
export type CallName = keyof Calls;
export type Asked<Name extends CallName> = Sparse<Messages[Calls[Name]["request"]]>;
export type Answered<Name extends CallName> = Messages[Calls[Name]["response"]];

/** A member gives up after seven seconds and says so; beyond that nothing will come. */
const attemptMs = 10_000;
/** How long somebody waits for a store of which nobody answers. */
const patienceMs = 10_000;
const firstPauseMs = 20;
const maxPauseMs = 1000;

const writes: ReadonlySet<CallName> = new Set<CallName>(["Txn", "LeaseGrant", "Compact"]);

export class RemoteCalls {
  readonly #endpoints: Endpoints;
  readonly #clock: Clock;
  readonly #prng: Prng;

  constructor(endpoints: Endpoints, clock: Clock, prng: Prng) {
    this.#endpoints = endpoints;
    this.#clock = clock;
    this.#prng = prng;
  }

  async call<Name extends CallName>(name: Name, request: Asked<Name>): Promise<Answered<Name>> {
    const { path, request: asks, response } = calls[name];
    const bytes = encode(asks, request as never);
    const answer = await this.#attempts(writes.has(name), (channel) => channel.unary(path, bytes, attemptMs));
    return decode(response, answer) as Answered<Name>;
  }

  /** One request, one answer, over a call that could carry more. */
  async first<Name extends CallName>(name: Name, request: Asked<Name>): Promise<Answered<Name>> {
    const { path, request: asks, response } = calls[name];
    const bytes = encode(asks, request as never);
    const answer = await this.#attempts(false, (channel) => firstOf(channel, path, bytes, this.#clock));
    return decode(response, answer) as Answered<Name>;
  }

  async #attempts(write: boolean, attempt: (channel: GrpcChannel) => Promise<Buffer>): Promise<Buffer> {
    const untilMs = this.#clock.monotonicMs() + patienceMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      let channel: GrpcChannel | undefined;
      try {
        channel = await this.#endpoints.channel();
        return await attempt(channel);
      } catch (error) {
        if (channel && isPassing(error)) this.#endpoints.leave(channel);
        const again = error instanceof Unsent || (!write && isPassing(error));
        if (!again || this.#clock.monotonicMs() + pauseMs > untilMs) throw toStoreError(error, write);
      }
      await delay(this.#clock, pauseMs * (0.5 + this.#prng.next() / 2));
    }
  }
}

function firstOf(channel: GrpcChannel, path: string, bytes: Buffer, clock: Clock): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const stream = channel.stream(
    path,
    {},
    {
      message: (answer) => resolve(answer),
      ended: (error) => reject(error ?? new Unsent(`${channel.server}: no answer`)),
    },
  );
  const late = clock.after(attemptMs, () => reject(new Unsent(`${channel.server}: no answer`)));
  stream.send(bytes);
  return promise.finally(() => {
    late.cancel();
    stream.cancel();
  });
}
