// Clients: they read and write a few keys on whichever member they find, one call at a time, and remember what they were told.
// Invariant: a call that was not answered in time may have taken place or not; the client goes on as somebody else and says so.
// Called by: run.ts. Next on the way: ../checks/history.ts.

import type { Prng } from "#lib";
import { type KeyValue, revision } from "#store/parts";
import type { Asked, Told } from "../checks/history.ts";
import type { Group } from "./group.ts";
import type { Life, WriteAnswer } from "./life.ts";

const keys = ["/a", "/b", "/c"];
const patienceMs = 700;
const goneAfterMs = 1500;

interface Known {
  readonly value: string;
  readonly modRevision: number;
}

const textOf = (kv: KeyValue | undefined): string => (kv ? Buffer.from(kv.value).toString() : "");

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
    const { nowMs } = this.#group.agenda;
    if (!known || chance < 0.4) this.#attempt({ key, input: { type: "read" }, expectRevision: 0, startMs: nowMs });
    else if (chance < 0.43) this.#compact();
    else {
      const value = chance > 0.93 ? "" : `${this.#name}.${this.#turn}`;
      this.#attempt({ key, input: { type: "write", expect: known.value, value }, expectRevision: known.modRevision, startMs: nowMs });
    }
  }

  /** Asks somebody; whoever refuses has done nothing, so the next one is asked. */
  #attempt(call: { key: string; input: Asked; expectRevision: number; startMs: number }): void {
    const { agenda, members } = this.#group;
    let over = false;
    const once = (run: () => void): void => {
      if (over) return;
      over = true;
      run();
    };
    const refused = (leader: number): void => {
      if (agenda.nowMs - call.startMs > goneAfterMs || this.stopped) return this.#later();
      this.#at = leader !== 0 && this.#prng.next() < 0.8 ? leader : this.#prng.between(1, members.size);
      if (this.#home !== 0 && this.#prng.next() < 0.1) this.#home = this.#prng.between(1, members.size);
      agenda.after(5 + 20 * this.#prng.next(), () => this.#attempt(call));
    };
    const told = (output: Told): void => {
      this.answered += 1;
      this.#group.history.record({
        key: call.key,
        client: this.#name,
        input: call.input,
        output,
        startMs: call.startMs,
        endMs: agenda.nowMs,
      });
      if (this.#prng.next() < 0.2) this.#at = this.#prng.between(1, members.size);
      if (this.#home !== 0 && this.#prng.next() < 0.04) this.#home = this.#prng.between(1, members.size);
      this.#later();
    };
    const { input, key } = call;
    const at = input.type === "read" && this.#home !== 0 ? this.#home : this.#at;
    members.get(at)?.ask((life) => {
      const reply = (run: () => void): void => agenda.after(0.2 + this.#prng.next(), () => once(run));
      if (input.type === "read") this.#read(life, key, (output) => reply(() => (output ? told(output) : refused(0))));
      else {
        this.#write(life, key, input.value, call.expectRevision, (answer) => {
          if (answer.type === "refused") reply(() => refused(answer.leader));
          else if (answer.type === "done") reply(() => told(this.#learn(key, input.value, answer)));
        });
      }
    });
    agenda.after(patienceMs, () => {
      once(() => {
        this.#at = this.#prng.between(1, members.size);
        if (this.#home !== 0) this.#home = this.#at;
        if (input.type === "read") return refused(0);
        const unanswered = { output: undefined, startMs: call.startMs, endMs: Number.POSITIVE_INFINITY };
        this.#group.history.record({ key, client: this.#name, input, ...unanswered });
        this.#known.delete(key);
        this.#later();
      });
    });
  }

  #read(life: Life, key: string, reply: (output: Told | undefined) => void): void {
    life.read((ok) => {
      if (!ok) return reply(undefined);
      const kv = life.state.newest(key);
      this.#known.set(key, { value: textOf(kv), modRevision: kv?.modRevision ?? 0 });
      reply({ found: textOf(kv), revision: life.state.revision });
    });
  }

  #write(life: Life, key: string, value: string, expectRevision: number, reply: (answer: WriteAnswer) => void): void {
    const expect = revision(expectRevision);
    life.write(value === "" ? { type: "delete", key, expect } : { type: "put", key, expect, value: Buffer.from(value) }, reply);
  }

  #learn(key: string, value: string, { outcome }: Extract<WriteAnswer, { type: "done" }>): Told {
    if (outcome.type !== "txn") throw new Error("a write has a transaction's outcome");
    const { result } = outcome;
    if (result.succeeded) {
      this.#known.set(key, { value, modRevision: value === "" ? 0 : result.revision });
      return { found: undefined, revision: result.revision };
    }
    const found = textOf(result.current);
    this.#known.set(key, { value: found, modRevision: result.current?.modRevision ?? 0 });
    return { found, revision: result.revision };
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
