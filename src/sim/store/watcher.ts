// Somebody who watches every key, on one member after the other, and must get every revision once and in order.
// Invariant: goes on after the last revision it has seen, wherever it goes.
// Called by: run.ts. Next on the way: ../checks/reference.ts, which knows what was really written.

import type { Prng } from "#lib";
import { revision, type StoreWatch } from "#store/parts";
import { Watched } from "../checks/reference.ts";
import type { Group } from "./group.ts";
import type { Life } from "./life.ts";

const lookMs = 60;

export class Watcher {
  readonly #group: Group;
  readonly #prng: Prng;
  readonly watched: Watched;
  #life: Life | undefined;
  #watch: StoreWatch | undefined;

  constructor(group: Group, name: string, prng: Prng) {
    this.#group = group;
    this.#prng = prng;
    this.watched = new Watched(group.reference, name, 2);
    this.#look();
  }

  /** A connection that is gone, or has been there for long enough, is followed by another one elsewhere. */
  #look(): void {
    this.#group.agenda.after(lookMs * (0.5 + this.#prng.next()), () => {
      if (!this.#watch || !this.#life?.alive || this.#prng.next() < 0.15) this.#connect();
      this.#look();
    });
  }

  #connect(): void {
    this.#watch?.close();
    this.#watch = undefined;
    const { members, current } = this.#group;
    members.get(current[this.#prng.between(0, current.length - 1)]!)?.ask((life) => {
      this.#life = life;
      const request = { start: "", end: "\xff", startRevision: revision(this.watched.next) };
      const watch = life.watch(request, {
        batch: (batch) => {
          if (this.#watch === watch && life.alive) this.watched.batch(batch);
        },
        progress: () => undefined,
        closed: (error) => {
          if (this.#watch !== watch) return;
          this.#watch = undefined;
          if (error?.code === "compacted") this.watched.compacted(error.compactRevision ?? 0);
        },
      });
      this.#watch = watch;
    });
  }
}
