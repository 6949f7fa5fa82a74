// Completion indexes as text: "0-4,7,9" is how a Job's status keeps which of its indexes are done.
// Invariant: intervals are ascending and never touch; two neighbours are written "3,4", three "3-5".
// Called by: tally.ts, manage.ts, track.ts. Next on the way: tally.ts.

import type { Pod, SuccessPolicy } from "#api";
import type { Live } from "#client";
import { own } from "#lib";

export const indexAnnotation = "batch.kubernetes.io/job-completion-index";

/** The Pod's index, or undefined when it has none that makes sense. */
export function completionIndex(pod: Live<Pod>): number | undefined {
  const text = own(pod.metadata.annotations, indexAnnotation);
  return text !== undefined && /^\+?\d+$/.test(text) ? Number(text) : undefined;
}

export class Indexes {
  readonly #members: ReadonlySet<number>;

  constructor(members: Iterable<number> = []) {
    this.#members = new Set(members);
  }

  /** Reads what stands in a status; indexes from `completions` on and unreadable parts are left out. */
  static parse(text: string | undefined, completions: number): Indexes {
    const members: number[] = [];
    for (const part of (text ?? "").split(",")) {
      const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (first === undefined) continue;
      for (let index = Number(first); index <= Math.min(Number(last ?? first), completions - 1); index++) members.push(index);
    }
    return new Indexes(members);
  }

  get size(): number {
    return this.#members.size;
  }

  has(index: number): boolean {
    return this.#members.has(index);
  }

  with(more: Iterable<number>): Indexes {
    return new Indexes([...this.#members, ...more]);
  }

  /** How many of `others` are in here too. */
  shared(others: Indexes): number {
    return [...others.#members].filter((index) => this.has(index)).length;
  }

  toString(): string {
    const sorted = [...this.#members].sort((a, b) => a - b);
    const parts: string[] = [];
    for (let at = 0; at < sorted.length; ) {
      let end = at;
      while (sorted[end + 1] === sorted[end]! + 1) end++;
      const [first, last] = [sorted[at]!, sorted[end]!];
      parts.push(first === last ? `${first}` : `${first}${last === first + 1 ? "," : "-"}${last}`);
      at = end + 1;
    }
    return parts.join(",");
  }
}

/** The message for the first rule of the success policy that holds; undefined when none does. */
export function matchSuccessPolicy(policy: SuccessPolicy | undefined, completions: number, succeeded: Indexes): string | undefined {
  if (succeeded.size === 0) return undefined;
  const met = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const wanted = Indexes.parse(succeededIndexes, completions);
    const have = succeeded.shared(wanted);
    return wanted.size > 0 && (have === wanted.size || (succeededCount !== undefined && have >= succeededCount));
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}
