// Packet filter rules of ours: made, found again and undone by their comment.
// Invariant: a rule is ours only if its comment begins with one of our networks' names and a colon; no other rule is ever named.
// Called by: api/route.ts, pods/route.ts; `undoRules` by cni/cleanup.ts. Next on the way: iptables.

import { run } from "#linux";

export interface Rule {
  readonly table: "nat" | "filter";
  readonly chain: string;
  /** Everything but the comment and the target. */
  readonly match: readonly string[];
  readonly target: readonly string[];
  /** `last`: what the machine's owner wrote goes before it. */
  readonly place: "first" | "last";
}

/** One purpose of one network: `dhow-x: kubernetes API`. */
export interface RuleOwner {
  readonly network: string;
  readonly purpose: string;
}

const commentOf = ({ network, purpose }: RuleOwner): string => `${network}: ${purpose}`;

/** The words of a line of iptables-save, without its quotes. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"((?:\\.|[^"])*)"|(\S+)/g)].map((match) => match[1]?.replace(/\\(.)/g, "$1") ?? match[2] ?? "");
}

/** Arguments that remove, from what iptables-save printed of one table, every rule whose comment is `wanted`. */
function rulesWith(save: string, wanted: (comment: string) => boolean): readonly (readonly string[])[] {
  return save.split("\n").flatMap((line) => {
    if (!line.startsWith("-A ")) return [];
    const words = wordsOf(line);
    const at = words.indexOf("--comment");
    return at >= 0 && wanted(words[at + 1] ?? "") ? [["-D", ...words.slice(1)]] : [];
  });
}

export function rulesOfNetwork(save: string, network: string): readonly (readonly string[])[] {
  return rulesWith(save, (comment) => comment.startsWith(`${network}: `));
}

const argsOf = (owner: RuleOwner, { match, target }: Rule): readonly string[] => [
  ...match,
  "-m",
  "comment",
  "--comment",
  commentOf(owner),
  "-j",
  ...target,
];

/** What makes `rules` be all that `owner` has in this table: nothing where they are there already. */
export function changes(save: string, owner: RuleOwner, rules: readonly Rule[]): readonly (readonly string[])[] {
  const there = rulesWith(save, (comment) => comment === commentOf(owner));
  // iptables-save writes a rule's words in an order of its own.
  const present = ({ chain, ...rule }: Rule): boolean =>
    there.some((args) => args[1] === chain && argsOf(owner, { chain, ...rule }).every((word) => args.includes(word)));
  if (there.length === rules.length && rules.every(present)) return [];
  const made = rules.map((rule) => [...(rule.place === "first" ? ["-I", rule.chain, "1"] : ["-A", rule.chain]), ...argsOf(owner, rule)]);
  return [...there, ...made];
}

async function apply(table: string, commands: readonly (readonly string[])[]): Promise<void> {
  for (const args of commands) await run("iptables", ["-t", table, "-w", "5", ...args]);
}

/** Equal rules that are there already stay untouched. */
export async function ensureRules(owner: RuleOwner, rules: readonly Rule[]): Promise<void> {
  for (const table of ["nat", "filter"] as const) {
    const wanted = rules.filter((rule) => rule.table === table);
    await apply(table, changes(await run("iptables-save", ["-t", table]), owner, wanted));
  }
}

/** Every rule of the network, whatever its purpose. Returns what was removed, in words. */
export async function undoRules(network: string): Promise<readonly string[]> {
  let count = 0;
  for (const table of ["nat", "filter"] as const) {
    let save = "";
    try {
      save = await run("iptables-save", ["-t", table]);
    } catch {
      continue; // no iptables on this machine: then there are no rules either
    }
    const rules = rulesOfNetwork(save, network);
    await apply(table, rules);
    count += rules.length;
  }
  return count > 0 ? [`${count} iptables rules of ${network}`] : [];
}
