// The members' network as one member sees it: a link to each other one, an inbox for what they say, snapshots beside.
// Invariant: there is a link to exactly those whom `reach` named last; what is said to anybody else is dropped.
// Called by: members/open.ts. Implements what members/driver.ts asks of a network. Next on the way: link.ts.

import type { Clock, Log } from "#lib";
import type { MemberId, Message, Snapshot } from "#raft";
import type { PeerTls } from "./address.ts";
import type { Hello, Introduction, Purpose, Self } from "./hello.ts";
import { Inbox, type SnapshotReceiver } from "./inbox.ts";
import { Link, PeerUnreachable } from "./link.ts";
import { sendSnapshot } from "./outbox.ts";

export interface PeersOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly tls: PeerTls | undefined;
  /** This member, with the list of all. */
  readonly self: Self;
  readonly introduce: () => Introduction;
  readonly urlsOf: (member: MemberId) => readonly string[];
  readonly met: (hello: Hello) => void;
  readonly message: (message: Message) => void;
  readonly request: (from: MemberId, kind: number, body: Buffer) => Promise<Uint8Array>;
  readonly snapshot: (message: Snapshot) => SnapshotReceiver;
  /** Others say that this member does not belong to the cluster any more. */
  readonly removed: () => void;
}

/** As members/ uses it; in one process tests have another. */
export interface PeerNetwork {
  listen(url: string): Promise<number>;
  reach(members: readonly MemberId[]): void;
  isUp(member: MemberId): boolean;
  send(message: Message): void;
  request(to: MemberId, kind: number, body: Uint8Array): Promise<Buffer>;
  sendSnapshot(message: Snapshot, write: (slice: (bytes: Uint8Array) => Promise<void>) => Promise<void>): Promise<boolean>;
  close(): Promise<void>;
}

export class Peers implements PeerNetwork {
  readonly #options: PeersOptions;
  readonly #links = new Map<MemberId, Link>();
  readonly #inbox: Inbox;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#inbox = new Inbox(options);
  }

  listen(url: string): Promise<number> {
    return this.#inbox.listen(url);
  }

  /** From now on these are the others. */
  reach(members: readonly MemberId[]): void {
    for (const [member, link] of this.#links) {
      if (members.includes(member)) continue;
      link.close();
      this.#links.delete(member);
      this.#inbox.drop(member);
    }
    for (const member of members) if (!this.#links.has(member)) this.#links.set(member, this.#linkTo(member));
  }

  isUp(member: MemberId): boolean {
    return this.#links.get(member)?.up ?? false;
  }

  send(message: Message): void {
    this.#links.get(message.to)?.send(message);
  }

  request(to: MemberId, kind: number, body: Uint8Array): Promise<Buffer> {
    return this.#links.get(to)?.request(kind, body) ?? Promise.reject(new PeerUnreachable("the member is not known", false));
  }

  /** True when the other side has it whole. */
  sendSnapshot(message: Snapshot, write: (slice: (bytes: Uint8Array) => Promise<void>) => Promise<void>): Promise<boolean> {
    const { clock, tls, urlsOf } = this.#options;
    const [url] = urlsOf(message.to);
    if (url === undefined) return Promise.resolve(false);
    return sendSnapshot({ clock, tls, url, hello: this.#hello(message.to, "snapshot"), message, write });
  }

  async close(): Promise<void> {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    await this.#inbox.close();
  }

  #linkTo(member: MemberId): Link {
    const { clock, log, tls, urlsOf, removed } = this.#options;
    const to = log.with({ member });
    return new Link({
      clock,
      log: to,
      tls,
      hello: () => this.#hello(member, "raft"),
      urls: () => urlsOf(member),
      up: () => to.info("a member is reached"),
      refused: ({ code }) => {
        if (code === "removed") removed();
      },
    });
  }

  #hello(to: MemberId, purpose: Purpose): Hello {
    const { self, urlsOf } = this.#options;
    return { urls: urlsOf(self.number), cluster: self.cluster, from: self.number, member: self.idOf(self.number) ?? "", to, purpose };
  }
}
