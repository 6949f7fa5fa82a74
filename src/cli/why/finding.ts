// What an explanation is made of: findings in order of weight, each with where it is known from.
// Invariant: a finding says one thing in whole sentences; its details are lines below it.
// Called by: every explanation. Next on the way: why.ts prints them.

export const topics = ["state", "scheduling", "container", "restart", "deletion", "origin", "decision", "field", "event", "reach"] as const;
export type Topic = (typeof topics)[number];

export interface Finding {
  readonly topic: Topic;
  readonly text: string;
  readonly details?: readonly string[];
  /** `status`, `scheduler, asked again now`, `events`, `managedFields and revisions`. */
  readonly from: string;
}

export interface Explanation {
  readonly findings: readonly Finding[];
  /** One command worth trying, and no more than one. */
  readonly next?: string;
}
