// Alarms: what an operator has to see to, and what is refused until then.
// Invariant: an alarm is up from the entry that raises it to the one that takes it down.
// Called by: etcdcommands.ts, snapshot/, etcd/rpc/. Next on the way: etcdcommands.ts.

/** `alarm` is etcd's number of it: 1 for no space. */
export interface Alarm {
  readonly alarm: number;
  readonly member: bigint;
}

export class Alarms {
  #up: readonly Alarm[] = [];

  get up(): readonly Alarm[] {
    return this.#up;
  }

  set({ alarm, member }: Alarm, active: boolean): void {
    const others = this.#up.filter((one) => one.alarm !== alarm || one.member !== member);
    this.#up = active ? [...others, { alarm, member }] : others;
  }
}
