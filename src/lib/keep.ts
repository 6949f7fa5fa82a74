// The smallest control loop's plan: so many are wanted, these are there; how many to start, whom to stop?
// Invariant: it looks at the state and never at what has happened; carried out once, the same question has the answer "nothing".
// Called by: the ReplicaSet controller, and labs that keep plain processes. Next on the way: the loop that carries it out.

export interface Steps<Item> {
  readonly start: number;
  readonly stop: readonly Item[];
}

/** `observed`: what is there, in the order in which it is kept: the last go first. */
export function plan<Item>(desired: number, observed: readonly Item[]): Steps<Item> {
  const missing = desired - observed.length;
  if (missing > 0) return { start: missing, stop: [] };
  return { start: 0, stop: observed.slice(desired) };
}
