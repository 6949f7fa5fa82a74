// A refusal of the runtime: a sentence for people and for whoever calls, never a stack.
// Invariant: what the specification forbids or the machine cannot do is a RuntimeError; anything else is a mistake of ours.
// Called by: everything in runtime/. Next on the way: cli.ts, which prints it.

export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
