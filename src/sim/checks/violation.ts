// A promise that was broken: what the checks throw.
// Invariant: thrown only for what the code under test did wrong, never for what the faults did.
// Called by: every file of sim/checks/. Next on the way: consensus.ts.

export class Violation extends Error {
  override name = "Violation";
  /** Which promise, in a few words that stay the same from run to run. */
  readonly promise: string;

  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}
