// One store that never fails: it applies each committed entry once, when the first member does. What members answer is held against it.
// Invariant: at the end every member's state is the reference's; revisions only grow; a watch shows every revision once and in order.
// Called by: sim/store/. Next on the way: linear.ts, for what clients saw.

import type { Entry, MemberId } from "#raft";
import { decodeCommand, type EventBatch, MvccState, unwrap } from "#store/parts";
import { Violation } from "./violation.ts";

const briefBatch = ({ revision, events }: EventBatch): string =>
  `${revision}: ${events.map(({ type, kv }) => `${type} ${kv.key}=${Buffer.from(kv.value).toString()}`).join(", ")}`;

export class Reference {
  readonly state = new MvccState();
  /** After a change of the list of members. */
  onMembers: () => void = () => undefined;
  /** A lease has ended, by itself or because somebody wanted it. */
  onLeaseEnd: (id: bigint) => void = () => undefined;
  apply(entry: Entry): void {
    if (entry.type !== "command") return;
    const { version } = this.state.members;
    const command = decodeCommand(unwrap(entry.data)?.data ?? entry.data);
    const outcome = this.state.apply(command);
    if (command.type === "revokeLease" && outcome.type === "done") this.onLeaseEnd(command.id);
    if (this.state.members.version !== version) this.onMembers();
  }

  /** At the end, when nobody is behind. */
  compareStates(id: MemberId, state: MvccState): void {
    const got = contentOf(state);
    const want = contentOf(this.state);
    if (got !== want) throw new Violation("Equal States", `member ${id} has ${got}; the others have ${want}`);
  }
}

function contentOf(state: MvccState): string {
  const scan = state.scan({ start: "", end: "\xff" }, state.revision, { limit: 0, countOnly: false });
  while (!scan.advance(1000));
  const keys = scan.kvs.map(({ key, modRevision, version, value }) => `${key}@${modRevision}v${version}=${Buffer.from(value).toString()}`);
  return `revision ${state.revision}, compacted ${state.compactRevision}: ${keys.join(" ")}`;
}

/** Somebody who watches everything, from one member to the next. */
export class Watched {
  readonly #reference: Reference;
  readonly #name: string;
  next: number;

  constructor(reference: Reference, name: string, from: number) {
    this.#reference = reference;
    this.#name = name;
    this.next = from;
  }

  batch(batch: EventBatch): void {
    if (batch.revision !== this.next) {
      throw new Violation("Watch", `${this.#name} expected revision ${this.next} and got ${batch.revision}`);
    }
    const want = this.#reference.state.history.at(batch.revision);
    if (!want || briefBatch(want) !== briefBatch(batch)) {
      throw new Violation("Watch", `${this.#name} got ${briefBatch(batch)}; it was ${want ? briefBatch(want) : "never written"}`);
    }
    this.next += 1;
  }

  /** The member says that history before `compactRevision` is gone. */
  compacted(compactRevision: number): void {
    if (this.next >= compactRevision) throw new Violation("Watch", `${this.#name} at ${this.next} was told that it is compacted`);
    this.next = compactRevision;
  }
}
