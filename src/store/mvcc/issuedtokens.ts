// Tokens that members of a cluster have given out, as the log has them: a token got from one is good on all.
// Invariant: bounded, the oldest goes first; a token goes with its user, with the user's password, and with authentication itself.
// Called by: auth.ts for entries, etcd/tokens.ts to ask it. Not in snapshots: who loses one authenticates anew. Next on the way: etcd/tokens.ts.

export interface IssuedToken {
  readonly user: string;
  /** By the clock of the member that gave it out. */
  readonly atMs: number;
}

const maxTokens = 10_000;

export class IssuedTokens {
  readonly #tokens = new Map<string, IssuedToken>();

  add(token: string, issued: IssuedToken): void {
    this.#tokens.set(token, issued);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }

  get(token: string): IssuedToken | undefined {
    return this.#tokens.get(token);
  }

  /** Of one user, or of all. */
  forget(user?: string): void {
    for (const [token, issued] of this.#tokens) if (user === undefined || issued.user === user) this.#tokens.delete(token);
  }
}
