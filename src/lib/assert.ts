// Our own bugs, as opposed to a caller's mistakes or the environment's failures.
// Invariant: a failed assertion ends the smallest domain that restarts clean (a key, a request, a process), never more.
// Called by: everywhere. Next on the way: own.ts.

export class AssertionFailed extends Error {
  override name = "AssertionFailed";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** The end of an exhaustive switch: a new member of the union becomes a compile error here. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable value: ${JSON.stringify(value)}`);
}
