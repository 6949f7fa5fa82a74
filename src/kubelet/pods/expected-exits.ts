// Ends that the runtime has told and does not show yet: containerd tells an end when the process dies, and CRI shows it after the OCI runtime has tidied up.
// Invariant: an end that was told is looked for until it is seen, ever more seldom and at most for some minutes; looks for other reasons do not count.
// Called by: worker.ts. Next on the way: runtime.ts, which looks.

import type { Clock, Timer } from "#lib";
import { hasEnded, type RuntimePod } from "./runtime.ts";

const firstMs = 20;
const mostMs = 10_000;
const looks = 40;

interface Expected {
  looked: number;
  timer: Timer | undefined;
}

export class ExpectedExits {
  readonly #clock: Clock;
  readonly #look: () => void;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
  }

  expect(containerId: string): void {
    if (!this.#expected.has(containerId)) this.#expected.set(containerId, { looked: 0, timer: undefined });
  }

  /** What a look has found. An end is told of containers that still seem to be created: their start is on its way. */
  observed({ containers, sandboxes }: RuntimePod): void {
    const alive = [...containers.filter((one) => !hasEnded(one)), ...sandboxes.filter(({ ready }) => ready)].map(({ id }) => id);
    for (const [id, expected] of this.#expected) {
      if (!alive.includes(id) || expected.looked >= looks) {
        expected.timer?.cancel();
        this.#expected.delete(id);
      } else
        expected.timer ??= this.#clock.after(Math.min(firstMs * 2 ** expected.looked++, mostMs), () => {
          expected.timer = undefined;
          this.#look();
        });
    }
  }

  close(): void {
    for (const { timer } of this.#expected.values()) timer?.cancel();
    this.#expected.clear();
  }
}
