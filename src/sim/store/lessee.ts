// Somebody with a lease and a key on it: grants, renews for a while, wherever it finds a member, and then lets it end.
// Invariant: believes what it was told, and tells the check; what nobody answered it does not count on.
// Called by: run.ts. Next on the way: ../checks/leases.ts.

import type { Prng } from "#lib";
import { revision } from "#store/parts";
import type { LeasePromises } from "../checks/leases.ts";
import type { Group } from "./group.ts";
import type { Life } from "./life.ts";

const ttlSeconds = 1;
const lookMs = 220;

export class Lessee {
  readonly #group: Group;
  readonly #prng: Prng;
  readonly #promises: LeasePromises;
  readonly #first: bigint;
  #count = 0n;
  #held: bigint | undefined;
  stopped = false;

  /** Its leases are numbered from `first` on. */
  constructor(group: Group, prng: Prng, promises: LeasePromises, first: bigint) {
    this.#group = group;
    this.#prng = prng;
    this.#promises = promises;
    this.#first = first;
    this.#later();
  }

  #later(): void {
    this.#group.agenda.after(lookMs * (0.5 + this.#prng.next()), () => {
      if (this.stopped) return;
      this.#look();
      this.#later();
    });
  }

  #look(): void {
    const { members, current, agenda } = this.#group;
    if (this.#held !== undefined && this.#prng.next() < 0.12) this.#held = undefined;
    const askedMs = agenda.nowMs;
    const held = this.#held;
    members.get(current[this.#prng.between(0, current.length - 1)]!)?.ask((life) => {
      if (held === undefined) this.#grant(life, askedMs);
      else this.#renew(life, held, askedMs);
    });
  }

  #grant(life: Life, askedMs: number): void {
    const id = this.#first + this.#count++;
    life.write({ type: "grantLease", id, ttlSeconds }, (answer) => {
      if (answer.type !== "done") return;
      this.#promises.promised(id, ttlSeconds, askedMs);
      this.#held = id;
      if (!life.started) return;
      life.write({ type: "put", key: `/lease/${id}`, expect: revision(0), value: Buffer.from("held"), lease: id }, () => undefined);
    });
  }

  #renew(life: Life, id: bigint, askedMs: number): void {
    life.renew(id).then(
      (seconds) => {
        if (seconds !== undefined) this.#promises.promised(id, seconds, askedMs);
        else if (this.#held === id) this.#held = undefined;
      },
      () => undefined,
    );
  }
}
