// What every verb is handed: where to write, how to start processes of ours, the clock; and the exit codes.
// Invariant: results go to stdout and stay parseable, talk and errors go to stderr.
// Called by: index.ts, which makes one for the real terminal. Next on the way: program.ts.

import type { Launcher } from "#compose";
import type { Clock } from "#lib";

export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly launcher: Launcher;
  readonly tty: boolean;
  out(line: string): void;
  err(line: string): void;
}

export const exitCodes = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** A failure that is the user's to read: no stack. */
export class CliError extends Error {
  override name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command that leads to the same cluster: a name is said only where it is not the default one. */
export function command(verb: string, name: string): string {
  return `\`dhow ${verb}${name === "dhow" ? "" : ` --name ${name}`}\``;
}
