// A member's network, as the store asks for it, on the simulated one: messages, requests with an answer, snapshots in slices.
// Invariant: a request is answered, or its error says whether it may have arrived; a snapshot is there whole or not at all.
// Called by: life.ts, through openMember's `connect`. Next on the way: network.ts.

import type { MemberId, Message, Snapshot } from "#raft";
import { type PeerNetwork, PeerUnreachable, type PeersOptions } from "#store/parts";
import type { Agenda } from "./agenda.ts";
import { recordOf } from "./record.ts";
import type { Network } from "./network.ts";

/** How long a connection seems to be there after it has gone. */
const lostMs = 60;
const sliceMs = 3;
const snapshotMs = 500;

export interface PeersAround {
  readonly agenda: Agenda;
  readonly network: Network;
  /** Who answers at that number now; undefined while nobody does. */
  at(member: MemberId): PeersOptions | undefined;
  /** Runs when that machine is not standing still. */
  whenAwake(member: MemberId, run: () => void): void;
  /** Hears of all that is sent. */
  sent(message: Message): void;
}

export class SimPeers implements PeerNetwork {
  readonly #around: PeersAround;
  readonly #self: MemberId;
  #known: readonly MemberId[] = [];

  constructor(around: PeersAround, self: MemberId) {
    this.#around = around;
    this.#self = self;
  }

  listen(): Promise<number> {
    return Promise.resolve(0);
  }

  reach(members: readonly MemberId[]): void {
    this.#known = members;
  }

  isUp(member: MemberId): boolean {
    return this.#isOpen(member);
  }

  send(message: Message): void {
    if (!this.#known.includes(message.to)) return;
    this.#around.sent(message);
    this.#around.network.send(this.#self, message.to, () => {
      this.#around.whenAwake(message.to, () => {
        const there = this.#around.at(message.to);
        if (there && this.#isLetIn(there)) there.message(message);
      });
    });
  }

  request(to: MemberId, kind: number, body: Uint8Array): Promise<Buffer> {
    if (!this.#isOpen(to)) return Promise.reject(new PeerUnreachable("the member is not reached", false));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const copy = Buffer.from(body);
    const lost = (): void => reject(new PeerUnreachable("the connection to the member is lost", true));
    this.#carry(this.#self, to, lost, () => {
      const there = this.#around.at(to);
      if (!there || !this.#isLetIn(there)) return this.#around.agenda.after(lostMs, lost);
      there.request(this.#self, kind, copy).then(
        (answer) => this.#carry(to, this.#self, lost, () => resolve(Buffer.from(answer))),
        (error: unknown) => {
          this.#carry(to, this.#self, lost, () => reject(new Error(error instanceof Error ? error.message : String(error))));
        },
      );
      // Nobody may be there any more to answer.
      this.#around.agenda.after(snapshotMs, lost);
    });
    return promise;
  }

  async sendSnapshot(message: Snapshot, write: (slice: (bytes: Uint8Array) => Promise<void>) => Promise<void>): Promise<boolean> {
    const around = this.#around;
    const { agenda } = around;
    const there = around.at(message.to);
    if (!there || !this.#isOpen(message.to) || !this.#isLetIn(there)) return false;
    around.sent(message);
    const receiver = there.snapshot(message);
    const goOn = async (): Promise<void> => {
      await agenda.pause(sliceMs);
      if (!this.#isOpen(message.to) || around.at(message.to) !== there)
        throw new PeerUnreachable("the connection to the member is lost", true);
    };
    const whole = async (): Promise<boolean> => {
      await write(async (bytes) => {
        await goOn();
        await receiver.write(Buffer.from(bytes));
      });
      await goOn();
      return receiver.done();
    };
    const late = agenda.pause(snapshotMs).then(() => {
      throw new PeerUnreachable("no answer", true);
    });
    try {
      return await Promise.race([whole(), late]);
    } catch {
      receiver.abort();
      return false;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #isOpen(member: MemberId): boolean {
    const { network } = this.#around;
    return !network.isCut(this.#self, member) && !network.isCut(member, this.#self) && this.#around.at(member) !== undefined;
  }

  /** What a hello says, and what becomes of it. (store/peers/hello.ts) */
  #isLetIn(there: PeersOptions): boolean {
    const { id, peerUrls } = recordOf(this.#self);
    const known = there.self.idOf(this.#self);
    if (known === id) return true;
    if (known !== undefined || there.self.wasRemoved(id)) return false;
    there.met({ cluster: there.self.cluster, from: this.#self, member: id, to: there.self.number, purpose: "raft", urls: peerUrls });
    return true;
  }

  /** On a connection: never twice, never out of its order in time, and whoever waits hears when it breaks. */
  #carry(from: MemberId, to: MemberId, lost: () => void, arrive: () => void): void {
    let arrived = false;
    const isOnItsWay = this.#around.network.send(from, to, () => {
      this.#around.whenAwake(to, () => {
        if (arrived) return;
        arrived = true;
        arrive();
      });
    });
    if (!isOnItsWay) this.#around.agenda.after(lostMs, lost);
  }
}
