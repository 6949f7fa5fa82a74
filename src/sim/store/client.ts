// Clients: they read and write a few keys on whichever member they find, one call at a time, and remember what they were told.
// Invariant: a call that was not answered in time may have taken place or not; the client goes on as somebody else and says so.
// Called by: run.ts. Next on the way: ../checks/history.ts.

import type { Prng } from "#lib";
import { revision } from "#store/parts";
import { type Asked, pair, type Told } from "../checks/history.ts";
import { Violation } from "../checks/violation.ts";
import { commandOf, textOf, toldBy, type Written } from "./asks.ts";
import type { Group } from "./group.ts";
import type { Life, WriteAnswer } from "./life.ts";

const keys = [...pair, "/c"];
const patienceMs = 700;
const goneAfterMs = 1500;

interface Known {
  readonly value: string;
  readonly modRevision: number;
}

export class Client {
  readonly #group: Group;
  readonly #name: string;
  readonly #prng: Prng;
  readonly #thinkMs: number;
  readonly #known = new Map<string, Known>();
  #turn = 0;
  /** Whom to ask next. */
  #at = 1;
  /** Reads go to this one, as long as it says anything at all: who was deposed and does not know is asked, too. */
  #home = 0;
  stopped = false;
  /** A write that has no answer yet. */
  #open: { readonly input: Asked; readonly startMs: number } | undefined;
  answered = 0;

  constructor(group: Group, name: string, prng: Prng, { thinkMs, stubborn }: { readonly thinkMs: number; readonly stubborn: boolean }) {
    this.#group = group;
    this.#name = name;
    this.#prng = prng;
    this.#thinkMs = thinkMs;
    if (stubborn) this.#home = 1;
    this.#later();
  }

  #later(): void {
    this.#group.agenda.after(this.#thinkMs * (0.2 + 1.6 * this.#prng.next()), () => {
      if (!this.stopped) this.#call();
    });
  }

  #call(): void {
    this.#turn += 1;
    const key = keys[this.#prng.between(0, keys.length - 1)]!;
    const known = this.#known.get(key);
    const chance = this.#prng.next();
    const startMs = this.#group.agenda.nowMs;
    if (!known || chance < 0.4) return this.#attempt({ input: { type: "read", key }, expectRevision: 0, startMs });
    if (chance < 0.43) return this.#compact();
    const expect = known.value;
    const value = `${this.#name}.${this.#turn}`;
    const to = pair.find((one) => one !== key)!;
    const input: Asked =
      key !== "/c" && chance < 0.58
        ? { type: "both", key, to, expect, value }
        : { type: "write", key, expect, value: chance > 0.93 ? "" : value };
    this.#attempt({ input, expectRevision: known.modRevision, startMs });
  }

  /** Asks somebody; whoever refuses has done nothing, so the next one is asked. */
  #attempt(call: { input: Asked; expectRevision: number; startMs: number }): void {
    const { agenda, members } = this.#group;
    let over = false;
    const once = (run: () => void): void => {
      if (over) return;
      over = true;
      this.#open = undefined;
      run();
    };
    if (call.input.type !== "read") this.#open = call;
    const refused = (): void => {
      if (agenda.nowMs - call.startMs > goneAfterMs || this.stopped) return this.#later();
      if (this.#prng.next() < 0.5) this.#at = this.#somebody();
      if (this.#home !== 0 && this.#prng.next() < 0.1) this.#home = this.#somebody();
      agenda.after(5 + 20 * this.#prng.next(), () => this.#attempt(call));
    };
    const told = (output: Told): void => {
      this.answered += 1;
      this.#group.history.record({ client: this.#name, input: call.input, output, startMs: call.startMs, endMs: agenda.nowMs });
      if (this.#prng.next() < 0.2) this.#at = this.#somebody();
      if (this.#home !== 0 && this.#prng.next() < 0.04) this.#home = this.#somebody();
      this.#later();
    };
    const { input } = call;
    const at = input.type === "read" && this.#home !== 0 ? this.#home : this.#at;
    members.get(at)?.ask((life) => {
      const reply = (run: () => void): void => agenda.after(0.2 + this.#prng.next(), () => once(run));
      if (input.type === "read") this.#read(life, input.key, (output) => reply(() => (output ? told(output) : refused())));
      else {
        life.write(commandOf(input, call.expectRevision), (answer) => {
          if (answer.type === "refused") reply(refused);
          else if (answer.type === "done") reply(() => told(this.#learn(input, answer)));
        });
      }
    });
    agenda.after(patienceMs, () => {
      once(() => {
        this.#at = this.#somebody();
        if (this.#home !== 0) this.#home = this.#at;
        if (input.type === "read") return refused();
        this.#unanswered(call);
        this.#known.delete(input.key);
        this.#later();
      });
    });
  }

  /** Mostly one of those that the log lists. */
  #somebody(): number {
    const { members, current } = this.#group;
    return this.#prng.next() < 0.2 ? this.#prng.between(1, members.size) : current[this.#prng.between(0, current.length - 1)]!;
  }

  /** The run is over: what is still under way may have taken place. */
  end(): void {
    this.stopped = true;
    if (this.#open) this.#unanswered(this.#open);
    this.#open = undefined;
  }

  #unanswered({ input, startMs }: { readonly input: Asked; readonly startMs: number }): void {
    this.#group.history.record({ client: this.#name, input, output: undefined, startMs, endMs: Number.POSITIVE_INFINITY });
  }

  #read(life: Life, key: string, reply: (output: Told | undefined) => void): void {
    life.read((ok) => {
      if (!ok) return reply(undefined);
      const { state } = life.member.store;
      const kv = state.newest(key);
      this.#known.set(key, { value: textOf(kv), modRevision: kv?.modRevision ?? 0 });
      reply({ done: false, found: textOf(kv), revision: state.revision });
    });
  }

  #learn(asked: Written, { outcome }: Extract<WriteAnswer, { type: "done" }>): Told {
    const told = toldBy(asked, outcome);
    if (!told) throw new Violation("Outcome", `${asked.type} ${asked.key} has the outcome ${outcome.type}`);
    if (asked.type === "both") this.#known.delete(asked.key);
    else if (told.done) this.#known.set(asked.key, { value: asked.value, modRevision: asked.value === "" ? 0 : told.revision });
    else if (outcome.type === "txn" && !outcome.result.succeeded) {
      this.#known.set(asked.key, { value: told.found, modRevision: outcome.result.current?.modRevision ?? 0 });
    }
    return told;
  }

  /** Forgets history up to shortly before now. Whether it works shows in the watches. */
  #compact(): void {
    const { reference, leader } = this.#group;
    const at = reference.state.revision - this.#prng.between(0, 20);
    const life = leader?.life;
    if (life && at > reference.state.compactRevision) life.write({ type: "compact", revision: revision(at) }, () => undefined);
    this.#later();
  }
}
