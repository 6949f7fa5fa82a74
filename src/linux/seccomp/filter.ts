// From a profile's rules to the program the kernel runs before every system call: architecture, number, arguments, action.
// Invariant: numbers are searched by halving; a call newer than the profile is answered ENOSYS, so that C libraries fall back.
// Called by: runtime/ just before a process becomes the container's. Next on the way: program.ts, the assembler.

import { type Comparison, readProfile, type Rule, type SeccompProfile, type SeccompRules } from "./profile.ts";
import { type Label, opcodes, ReverseProgram } from "./program.ts";
import { type Architecture, architecture, nativeArchitecture, x32Bit } from "./tables.ts";

export interface SeccompFilter {
  readonly program: Buffer;
  readonly flags: number;
}

const dataNumber = 0;
const dataArchitecture = 4;
const dataArgument = (index: number, high: boolean): number => 16 + index * 8 + (high ? 4 : 0);
const KILL_THREAD = 0;
const ENOSYS_ACTION = 0x00050000 | 38;
const lenient = new Set([0x7fff0000, 0x7ffc0000, ENOSYS_ACTION]);

/** Numbers from `start` on (until the next one's) share a fate: an action, or rules that look at arguments. */
interface Range {
  readonly start: number;
  readonly action: number;
  readonly rules: readonly Rule[];
}

/** A rule without comparisons decides alone, wherever it stands; otherwise the first that matches. */
function fate(rules: readonly Rule[], defaultAction: number): { action: number; rules: readonly Rule[] } {
  const always = rules.find(({ comparisons }) => comparisons.length === 0);
  return always ? { action: always.action, rules: [] } : { action: defaultAction, rules };
}

function ranges({ rules, named, defaultAction }: SeccompRules, arch: Architecture): Range[] {
  const numbered = (name: string): number | undefined => {
    const number = arch.numbers.get(name);
    return number === undefined ? undefined : arch.x32 ? number + x32Bit : number;
  };
  const byNumber = new Map<number, Rule[]>();
  for (const rule of rules) {
    const number = numbered(rule.name);
    if (number !== undefined) byNumber.set(number, [...(byNumber.get(number) ?? []), rule]);
  }
  const result: Range[] = [{ start: arch.x32 ? x32Bit : 0, action: defaultAction, rules: [] }];
  const add = (range: Range): void => {
    const last = result.at(-1)!;
    if (last.start === range.start) result.pop();
    else if (last.action === range.action && last.rules.length === 0 && range.rules.length === 0) return;
    result.push(range);
  };
  for (const number of [...byNumber.keys()].toSorted((a, b) => a - b)) {
    add({ start: number, ...fate(byNumber.get(number)!, defaultAction) });
    if (!byNumber.has(number + 1)) add({ start: number + 1, action: defaultAction, rules: [] });
  }
  const newest = Math.max(-1, ...named.map((name) => numbered(name) ?? -1));
  if (newest >= 0 && !lenient.has(defaultAction)) add({ start: newest + 1, action: ENOSYS_ACTION, rules: [] });
  return result;
}

/** Writes "compare, then go to yes or no"; arguments have 64 bits, BPF has 32: the upper half first. */
function compare(program: ReverseProgram, { index, op, value, valueTwo }: Comparison, yes: Label, no: Label): Label {
  const wanted = op === "SCMP_CMP_MASKED_EQ" ? valueTwo : value;
  const [high, low] = [Number(wanted >> 32n), Number(wanted & 0xffffffffn)];
  const negated = op === "SCMP_CMP_NE" || op === "SCMP_CMP_LT" || op === "SCMP_CMP_LE";
  const [holds, fails] = negated ? [no, yes] : [yes, no];
  const code =
    op === "SCMP_CMP_GT" || op === "SCMP_CMP_LE"
      ? opcodes.jumpGreater
      : op === "SCMP_CMP_GE" || op === "SCMP_CMP_LT"
        ? opcodes.jumpGreaterEqual
        : opcodes.jumpEqual;
  const half = (isHigh: boolean): Label => {
    if (op === "SCMP_CMP_MASKED_EQ") program.and(Number(isHigh ? value >> 32n : value & 0xffffffffn));
    return program.load(dataArgument(index, isHigh));
  };
  program.branch(code, low, holds, fails);
  const lowStart = half(false);
  const equalHigh = program.branch(opcodes.jumpEqual, high, lowStart, fails);
  if (code !== opcodes.jumpEqual) program.branch(opcodes.jumpGreater, high, holds, equalHigh);
  return half(true);
}

function conditional(program: ReverseProgram, { rules, action }: Range): Label {
  let otherwise = program.return(action);
  for (const rule of rules.toReversed()) {
    let next = program.return(rule.action);
    for (const comparison of rule.comparisons.toReversed()) next = compare(program, comparison, next, otherwise);
    otherwise = next;
  }
  return otherwise;
}

/** A search tree over the ranges; the accumulator holds the number all the way down. */
function search(program: ReverseProgram, list: readonly Range[]): Label {
  if (list.length === 1) return list[0]!.rules.length > 0 ? conditional(program, list[0]!) : program.return(list[0]!.action);
  const middle = list.length >> 1;
  const above = search(program, list.slice(middle));
  const below = search(program, list.slice(0, middle));
  return program.branch(opcodes.jumpGreaterEqual, list[middle]!.start, above, below);
}

export function assembleFilter(profile: SeccompProfile, arch: string): SeccompFilter {
  const rules = readProfile(profile);
  const names = new Set([nativeArchitecture(arch), ...rules.architectures]);
  const byToken = new Map<number, Range[]>();
  const known = [...names].map(architecture).filter((one) => one !== undefined);
  const tokenOfX86 = known.find(({ x32 }) => !x32)!.token;
  for (const one of known.toSorted((a, b) => Number(a.x32) - Number(b.x32)))
    byToken.set(one.token, [...(byToken.get(one.token) ?? []), ...ranges(rules, one)]);
  // A number with x32's bit where x32 is no architecture of the profile is a call of a foreign architecture.
  if (arch === "x64" && !known.some(({ x32 }) => x32)) byToken.get(tokenOfX86)!.push({ start: x32Bit, action: KILL_THREAD, rules: [] });
  const program = new ReverseProgram();
  let next = program.return(KILL_THREAD);
  for (const [token, list] of [...byToken].toReversed()) {
    program.continueAt(search(program, list));
    const start = program.load(dataNumber);
    next = program.branch(opcodes.jumpEqual, token, start, next);
  }
  program.continueAt(next);
  program.load(dataArchitecture);
  return { program: program.bytes(), flags: rules.flags };
}
