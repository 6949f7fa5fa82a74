// A seccomp profile as config.json has it, read into rules: an action for a system call, always or when arguments compare.
// Invariant: an action, operator, flag or architecture we do not know is refused by name; a system call nobody knows is passed over.
// Called by: filter.ts, runtime/'s validation. Next on the way: filter.ts.

import { architectureNames, foreignArchitectures } from "./names.ts";

export interface SeccompArgument {
  readonly index: number;
  readonly value: number | bigint;
  readonly valueTwo?: number | bigint;
  readonly op: string;
}

export interface SeccompSyscall {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly SeccompSyscall[];
}

const EPERM = 1;
const actions: Readonly<Record<string, (errno: number | undefined) => number>> = {
  SCMP_ACT_KILL: () => 0,
  SCMP_ACT_KILL_THREAD: () => 0,
  SCMP_ACT_KILL_PROCESS: () => 0x80000000,
  SCMP_ACT_TRAP: () => 0x00030000,
  SCMP_ACT_ERRNO: (errno = EPERM) => 0x00050000 | (errno & 0xffff),
  SCMP_ACT_TRACE: (errno = EPERM) => 0x7ff00000 | (errno & 0xffff),
  SCMP_ACT_LOG: () => 0x7ffc0000,
  SCMP_ACT_ALLOW: () => 0x7fff0000,
};
export const actionNames: readonly string[] = Object.keys(actions);

export const operatorNames = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] as const;
export type Operator = (typeof operatorNames)[number];

/** Filters are installed in the one thread that lives on, so there is nothing to synchronise for TSYNC. */
const flagBits: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
};
export const flagNames: readonly string[] = Object.keys(flagBits);

export interface Comparison {
  readonly index: number;
  readonly op: Operator;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

export interface Rule {
  readonly name: string;
  readonly action: number;
  /** All of them must hold; none: always. */
  readonly comparisons: readonly Comparison[];
}

export interface SeccompRules {
  readonly defaultAction: number;
  readonly architectures: readonly string[];
  readonly flags: number;
  readonly rules: readonly Rule[];
  /** Every system call the profile speaks of, whatever it says. */
  readonly named: readonly string[];
}

function action(name: string, errno: number | undefined): number {
  if (name === "SCMP_ACT_NOTIFY") throw new Error("seccomp: SCMP_ACT_NOTIFY is not supported");
  if (!Object.hasOwn(actions, name)) throw new Error(`seccomp: unknown action ${name}`);
  return actions[name]!(errno) >>> 0;
}

function comparison({ index, op, value, valueTwo = 0 }: SeccompArgument): Comparison {
  if (!operatorNames.includes(op as Operator)) throw new Error(`seccomp: unknown operator ${op}`);
  if (!Number.isInteger(index) || index < 0 || index > 5) throw new Error(`seccomp: a system call has no argument ${index}`);
  return { index, op: op as Operator, value: BigInt.asUintN(64, BigInt(value)), valueTwo: BigInt.asUintN(64, BigInt(valueTwo)) };
}

/** Comparisons of one argument twice are alternatives: a rule of its own for each. */
function alternatives(args: readonly SeccompArgument[]): readonly (readonly Comparison[])[] {
  const comparisons = args.map(comparison);
  const twice = new Set(comparisons.map(({ index }) => index)).size < comparisons.length;
  return twice ? comparisons.map((one) => [one]) : [comparisons];
}

export function readProfile(profile: SeccompProfile): SeccompRules {
  if (profile.listenerPath) throw new Error("seccomp: listenerPath (user notification) is not supported");
  for (const name of profile.architectures ?? [])
    if (!architectureNames.includes(name) && !foreignArchitectures.includes(name)) throw new Error(`seccomp: unknown architecture ${name}`);
  let flags = 0;
  for (const flag of profile.flags ?? []) {
    if (!Object.hasOwn(flagBits, flag)) throw new Error(`seccomp flag ${JSON.stringify(flag)} is not supported`);
    flags |= flagBits[flag]!;
  }
  const defaultAction = action(profile.defaultAction, profile.defaultErrnoRet);
  const rules: Rule[] = [];
  for (const entry of profile.syscalls ?? []) {
    const act = action(entry.action, entry.errnoRet);
    if (act === defaultAction) continue;
    for (const comparisons of alternatives(entry.args ?? []))
      for (const name of entry.names) rules.push({ name, action: act, comparisons });
  }
  const named = (profile.syscalls ?? []).flatMap(({ names }) => names);
  return { defaultAction, architectures: profile.architectures ?? [], flags, rules, named };
}
