// The one-file form of labs and chapters: front matter, prose, and fences that are executed.
// Invariant: every step knows its lines in the file, so that a failure can point at them and UPDATE can rewrite them.
// Called by: library.ts. Next on the way: player.ts, which walks the steps; check.ts, which only looks at them.

import { parse as parseYaml } from "yaml";
import { looksLikeMutant, type Mutant, parseMutant } from "./mutant.ts";
import { parseReference, type Reference } from "./symbols.ts";

export interface Command {
  readonly command: string;
  readonly expected: readonly string[];
  /** Line of the `$`, and of the last line of output, from 1. */
  readonly line: number;
  readonly endLine: number;
}

export type Step = { readonly line: number } & (
  | { readonly type: "prose"; readonly text: string }
  | { readonly type: "run" | "look"; readonly commands: readonly Command[]; readonly words: string }
  | { readonly type: "predict"; readonly question: string; readonly answer: string }
  | { readonly type: "break"; readonly name: string; readonly commands: readonly Command[] }
  | { readonly type: "check"; readonly name: string; readonly withinMs: number; readonly commands: readonly Command[] }
  | { readonly type: "heal"; readonly commands: readonly Command[] }
  | { readonly type: "hint"; readonly text: string }
  | { readonly type: "excerpt"; readonly reference: Reference; readonly code: string; readonly codeLine: number; readonly codeEnd: number }
);

export interface Break {
  readonly name: string;
  readonly mutant?: Mutant;
  /** A test file that must fail while the mutant is in. */
  readonly caughtBy?: string;
  readonly command?: string;
  /** The check that must go red. */
  readonly reddens: string;
}

export type WorldSpec =
  | { readonly kind: "none" }
  | { readonly kind: "sim"; readonly seed: number; readonly flags: readonly string[] }
  | { readonly kind: "members"; readonly count: number }
  | { readonly kind: "up"; readonly flags: readonly string[] };

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly minutes: number;
  readonly phase: number | undefined;
  readonly needs: readonly string[];
  readonly world: WorldSpec;
  readonly read: readonly { readonly reference: Reference; readonly text: string }[];
  readonly breaks: readonly Break[];
  /** What the learner may write, and the test that grades it. */
  readonly write: { readonly reference: Reference; readonly gradedBy: string } | undefined;
  readonly steps: readonly Step[];
  readonly lines: readonly string[];
}

const fences = ["run", "look", "predict", "break", "check", "heal", "hint"];
const known = ["phase", "minutes", "needs", "world", "read", "breaks", "write"];

export class PageError extends Error {
  override name = "PageError";
  constructor(path: string, line: number, message: string) {
    super(`${path}:${line}: ${message}`);
  }
}

export function parsePage(path: string, text: string): Page {
  const lines = text.split("\n");
  const close = lines[0] === "---" ? lines.indexOf("---", 1) : -1;
  // A chapter that runs nothing needs none; a lab always says its minutes and its world.
  if (close < 0 && (path.startsWith("labs/") || lines[0] === "---"))
    throw new PageError(path, 1, "has no front matter between two lines of ---");
  const front = (parseYaml(lines.slice(1, Math.max(close, 1)).join("\n")) ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(front).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new PageError(path, 1, `front matter: unknown ${JSON.stringify(unknown)}; known: ${known.join(", ")}`);
  const steps = parseSteps(path, lines, close + 1);
  const checks = steps.flatMap((step) => (step.type === "check" ? [step.name] : []));
  const title = lines.find((line) => line.startsWith("# "))?.slice(2) ?? path;
  return {
    path,
    title,
    minutes: Number(front["minutes"] ?? 0),
    phase: front["phase"] === undefined ? undefined : Number(front["phase"]),
    needs: strings(front["needs"]),
    world: parseWorld(path, typeof front["world"] === "string" ? front["world"] : "none"),
    read: strings(front["read"]).map((one) => ({ reference: parseReference(one), text: one })),
    breaks: parseBreaks(path, front["breaks"], checks),
    write: parseWrite(path, front["write"]),
    steps,
    lines,
  };
}

const strings = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function parseWorld(path: string, text: string): WorldSpec {
  const [kind = "", ...rest] = text.split(/\s+/);
  if (kind === "none") return { kind };
  if (kind === "up") return { kind, flags: rest };
  const number = Number(rest[0]);
  if (kind === "sim" && Number.isInteger(number)) return { kind, seed: number, flags: rest.slice(1) };
  if (kind === "members" && number >= 2 && number <= 7 && Number.isInteger(number)) return { kind, count: number };
  throw new PageError(path, 1, `world ${JSON.stringify(text)}; known: none, sim SEED [FLAGS], members N, up FLAGS`);
}

function parseBreaks(path: string, value: unknown, checks: readonly string[]): readonly Break[] {
  return Object.entries((value ?? {}) as Record<string, unknown>).map(([name, one]) => {
    const fields = (typeof one === "string" ? { change: one } : one) as Record<string, string | undefined>;
    const change = fields["change"] ?? "";
    const reddens = fields["reddens"] ?? (checks.length === 1 ? checks[0]! : undefined);
    if (reddens === undefined || !checks.includes(reddens))
      throw new PageError(
        path,
        1,
        `break ${JSON.stringify(name)} must say which check it reddens (${checks.join(", ") || "there is none"})`,
      );
    if (!looksLikeMutant(change)) return { name, reddens, ...(change === "" ? {} : { command: change }) };
    const caughtBy = fields["caughtBy"];
    if (caughtBy === undefined) throw new PageError(path, 1, `mutant ${JSON.stringify(name)} names no test that catches it (caughtBy)`);
    return { name, reddens, mutant: parseMutant(change), caughtBy };
  });
}

function parseWrite(path: string, value: unknown): Page["write"] {
  if (value === undefined) return undefined;
  const { function: symbol, gradedBy } = value as Record<string, string | undefined>;
  if (symbol === undefined || gradedBy === undefined) throw new PageError(path, 1, "write needs `function` and `gradedBy`");
  return { reference: parseReference(symbol), gradedBy };
}

function parseSteps(path: string, lines: readonly string[], from: number): readonly Step[] {
  const steps: Step[] = [];
  let prose: string[] = [];
  let proseLine = from + 1;
  const flush = (): void => {
    if (prose.some((line) => line.trim() !== "")) steps.push({ type: "prose", text: prose.join("\n").trim(), line: proseLine });
    prose = [];
  };
  for (let at = from; at < lines.length; at++) {
    const line = lines[at]!;
    const opening = /^(`{3,})\s*(\w*)\s*(.*)$/.exec(line);
    const excerpt = /^<!-- (\S+#\S+) -->$/.exec(line);
    if (excerpt) {
      flush();
      const open = at + 1;
      if (!lines[open]?.startsWith("```")) throw new PageError(path, at + 1, "an excerpt's comment is followed by its fence");
      const end = lines.indexOf("```", open + 1);
      if (end < 0) throw new PageError(path, open + 1, "the fence has no end");
      const code = lines.slice(open + 1, end).join("\n");
      steps.push({ type: "excerpt", line: at + 1, reference: parseReference(excerpt[1]!), code, codeLine: open + 2, codeEnd: end });
      at = end;
    } else if (opening) {
      const end = lines.indexOf(opening[1]!, at + 1);
      if (end < 0) throw new PageError(path, at + 1, "the fence has no end");
      const word = opening[2] ?? "";
      if (fences.includes(word)) {
        flush();
        steps.push(fenceStep(path, word, opening[3] ?? "", lines.slice(at + 1, end), at + 1));
      } else prose.push(...lines.slice(at, end + 1));
      at = end;
    } else {
      if (prose.length === 0) proseLine = at + 1;
      if (/^#{2,} /.test(line)) {
        flush();
        proseLine = at + 1;
      }
      prose.push(line);
      continue;
    }
    proseLine = at + 2;
  }
  flush();
  return steps;
}

/** `line`: of the fence's opening, from 1. */
function fenceStep(path: string, word: string, rest: string, body: readonly string[], line: number): Step {
  const words = rest.trim().split(/\s+/).filter(Boolean);
  if (word === "predict" || word === "hint") {
    const [first = "", second = ""] = body.join("\n").split(/^----$/m);
    return word === "hint"
      ? { type: "hint", text: body.join("\n"), line }
      : { type: "predict", question: first.trim(), answer: second.trim(), line };
  }
  const commands = parseCommands(path, body, line);
  if (word === "run" || word === "look") return { type: word, commands, words: rest.trim(), line };
  if (word === "heal") return { type: "heal", commands, line };
  const name = words[0];
  if (name === undefined) throw new PageError(path, line, `${word} needs a name`);
  if (word === "break") return { type: "break", name, commands, line };
  const within = /^within (\d+)s$/.exec(words.slice(1).join(" "));
  if (words.length > 1 && !within) throw new PageError(path, line, "a check is `check NAME` or `check NAME within 10s`");
  return { type: "check", name, withinMs: within ? Number(within[1]) * 1000 : 0, commands, line };
}

function parseCommands(path: string, body: readonly string[], fenceLine: number): readonly Command[] {
  const commands: { command: string; expected: string[]; line: number; endLine: number }[] = [];
  for (const [index, text] of body.entries()) {
    const line = fenceLine + index + 1;
    const current = commands.at(-1);
    if (text.startsWith("$ ")) commands.push({ command: text.slice(2), expected: [], line, endLine: line });
    else if (current === undefined) throw new PageError(path, line, "a fence that is run begins with `$ command`");
    else {
      if (text.startsWith("> ") && current.expected.length === 0) current.command += `\n${text.slice(2)}`;
      else current.expected.push(text);
      current.endLine = line;
    }
  }
  return commands;
}

/** The last sentence before a line: what the reader was told when the output stood below it. Headings and code promise nothing. */
export function sentenceBefore(page: Page, line: number): string {
  const paragraphs = page.steps.flatMap((step) => (step.type === "prose" && step.line <= line ? step.text.split(/\n\s*\n/) : []));
  const paragraph = paragraphs.findLast((one) => !/^(?:#|```)/.test(one.trim()));
  if (paragraph === undefined) return page.title;
  const sentences = paragraph.replaceAll(/\s+/g, " ").split(/(?<=[.!?])\s+/);
  return sentences.at(-1)!.trim();
}

/** The sentence that names a symbol, or the one before its line. */
export function sentenceAbout(page: Page, { file, symbol }: Reference, line: number): string {
  const name = symbol.split(".").at(-1)!;
  const base = file.split("/").at(-1)!;
  const prose = page.steps.flatMap((step) =>
    step.type === "prose"
      ? [
          step.text
            .replaceAll(/^#+ .*$/gm, "")
            .replaceAll(/\s+/g, " ")
            .trim(),
        ]
      : [],
  );
  const sentences = prose.flatMap((text) => text.split(/(?<=[.!?])\s+/));
  return (
    sentences.find((sentence) => sentence.includes(`\`${name}`) || sentence.includes(`\`${symbol}`)) ??
    sentences.find((sentence) => sentence.includes(base)) ??
    sentenceBefore(page, line)
  );
}
