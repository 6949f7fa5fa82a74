// The double: notes every call as a line and changes nothing, so that order and arguments can be asserted without root.
// Invariant: a call that nobody prepared an answer for answers like a kernel that did it; descriptors count up from 100.
// Called by: tests of runtime/ and network/. Next on the way: syscalls.ts, what it stands for.

import type { RawCall } from "./raw.ts";
import { type Syscalls, syscallsOver } from "./syscalls.ts";

export interface Recording {
  readonly calls: readonly string[];
  readonly syscalls: Syscalls;
}

/** Calls whose answer is a new descriptor. */
const opening = new Set([
  "openat2",
  "openTree",
  "fsopen",
  "fsmount",
  "fspick",
  "pidfdOpen",
  "connectUnix",
  "bpfLoadDevice",
  "openTerminalPeer",
]);

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (typeof value === "bigint") return `${value}`;
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${inner}` : inner));
}

/** `answers`: by method; a function is called with the arguments and may throw as the kernel would. */
export function recordSyscalls(answers: Partial<Record<keyof Syscalls, (...args: never[]) => unknown>> = {}): Recording {
  const calls: string[] = [];
  let nextDescriptor = 100;
  const nothing: RawCall = () => 0;
  const real = syscallsOver(nothing);
  const recorded = Object.fromEntries(
    Object.keys(real).map((name) => [
      name,
      (...args: never[]): unknown => {
        const prepared = answers[name as keyof Syscalls];
        const answer = prepared ? prepared(...args) : opening.has(name) ? nextDescriptor++ : undefined;
        calls.push(`${name}(${args.map(show).join(", ")})${answer === undefined ? "" : ` = ${show(answer)}`}`);
        return answer;
      },
    ]),
  ) as unknown as Syscalls;
  const syscalls: Syscalls = { ...recorded, together: (some) => some() };
  return { calls, syscalls };
}
