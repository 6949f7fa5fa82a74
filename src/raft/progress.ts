// What a leader knows of one other member: how far its log agrees, and how much is on its way to it.
// Invariant: match < next; at most `maxInflight` messages of entries are unanswered; a member that is probed gets one at a time.
// Called by: replication.ts. Next on the way: state.ts.

export class Progress {
  /** On the member's disk, as far as it has said. */
  match = 0;
  next: number;
  /** `probe`: where do our logs meet? `replicate`: send ahead of its answers. `snapshot`: one is on its way, nothing else is. */
  mode: "probe" | "replicate" | "snapshot" = "probe";
  /** Heard of since the last look of check quorum. */
  active: boolean;
  /** The newest read question it has answered. */
  read = 0;
  #probed = false;
  /** Last indexes of unanswered messages, oldest first. */
  #inflight: number[] = [];

  constructor(next: number, active: boolean) {
    this.next = next;
    this.active = active;
  }

  mayAppend(maxInflight: number): boolean {
    if (this.mode === "replicate") return this.#inflight.length < maxInflight;
    return this.mode === "probe" && !this.#probed;
  }

  sent(lastIndex: number, count: number): void {
    if (this.mode === "probe") this.#probed = true;
    else if (count > 0) {
      this.#inflight.push(lastIndex);
      this.next = lastIndex + 1;
    }
  }

  /** It hears us: whatever we wait for may have been lost, so one more may go. */
  heard(maxInflight: number): void {
    this.active = true;
    this.#probed = false;
    if (this.mode === "replicate" && this.#inflight.length >= maxInflight) this.#inflight.shift();
  }

  /** True if that was news. */
  accepted(index: number, logBase: number): boolean {
    const news = index > this.match;
    this.match = Math.max(this.match, index);
    this.next = Math.max(this.next, index + 1);
    if (this.mode === "probe" || (this.mode === "snapshot" && this.match >= logBase)) this.#become("replicate", this.match + 1);
    while (this.#inflight.length > 0 && this.#inflight[0]! <= index) this.#inflight.shift();
    return news;
  }

  /** Answers to messages that were overtaken mean nothing: false. */
  refused(index: number, meetAt: number): boolean {
    if (this.mode === "replicate") {
      if (index <= this.match) return false;
      this.#become("probe", this.match + 1);
      return true;
    }
    if (this.mode === "snapshot" || index !== this.next - 1) return false;
    this.#become("probe", Math.max(Math.min(index, meetAt + 1), this.match + 1));
    return true;
  }

  snapshotOffered(): void {
    this.#become("snapshot", this.next);
  }

  /** The shell has delivered a snapshot that stands at `index`, or has given up: 0. */
  snapshotReported(index: number): void {
    if (this.mode !== "snapshot") return;
    this.#become("probe", Math.max(this.match, index) + 1);
    // Its answer, or the next heartbeat's, says how it goes on.
    this.#probed = true;
  }

  #become(mode: "probe" | "replicate" | "snapshot", next: number): void {
    this.mode = mode;
    this.next = next;
    this.#probed = false;
    this.#inflight = [];
  }
}
