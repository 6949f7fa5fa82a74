// What can be said about a page without playing it: do the symbols exist and say what they said, do the mutants fit, are tools declared?
// Invariant: each problem names the page, the line, and the sentence a reader would now be misled by.
// Called by: check.test.ts (npm test), tools/docs.ts (fills in excerpts, takes note of hashes). Next on the way: symbols.ts.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, type Page, sentenceAbout } from "./format.ts";
import { applyMutant } from "./mutant.ts";
import { toolsOf } from "./needs.ts";
import { emptied } from "./overlay.ts";
import { findSymbol, formatReference, hashOf, type Reference } from "./symbols.ts";

const chapterLines = 200;
const labMinutes = 3;
const writtenLines = 60;
const sections = ["Run", "Read", "Break", "Elsewhere", "Questions"];

export type ReadSource = (path: string) => string | undefined;

export const fromTree =
  (root: string): ReadSource =>
  (path) =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;

export function checkPage(page: Page, source: ReadSource): readonly string[] {
  return [
    ...page.read.flatMap(({ reference, text }) => {
      const line = page.lines.findIndex((one) => one.includes(text)) + 1;
      return referenceProblems(page, reference, line, source);
    }),
    ...page.steps.flatMap((step) => (step.type === "excerpt" ? excerptProblems(page, step, source) : [])),
    ...mutantProblems(page, source),
    ...toolProblems(page),
    ...writeProblems(page, source),
    ...shapeProblems(page),
  ];
}

function referenceProblems(page: Page, reference: Reference, line: number, source: ReadSource): string[] {
  const name = formatReference(reference);
  const wrong = `Perhaps wrong now: "${sentenceAbout(page, reference, line)}"`;
  const text = source(reference.file);
  if (text === undefined) return [`${page.path}:${line}: ${reference.file} does not exist. ${wrong}`];
  const found = findSymbol(text, reference.symbol);
  if (!found) return [`${page.path}:${line}: ${reference.file} has no ${reference.symbol} any more. ${wrong}`];
  const hash = hashOf(found.text);
  if (reference.hash === hash) return [];
  if (reference.hash === undefined) return [`${page.path}:${line}: ${name} has no hash; it is @${hash} (npm run docs writes it)`];
  return [`${page.path}:${line}: ${name} has changed, it is @${hash}. ${wrong} Read it again, then: npm run docs -- --read ${page.path}`];
}

type Excerpt = Extract<Page["steps"][number], { type: "excerpt" }>;

function excerptProblems(page: Page, step: Excerpt, source: ReadSource): string[] {
  const problems = referenceProblems(page, step.reference, step.line, source);
  if (problems.length > 0) return problems;
  return excerptText(step.reference, source) === step.code
    ? []
    : [`${page.path}:${step.line}: the excerpt is not ${formatReference(step.reference)} letter by letter; npm run docs fills it in`];
}

/** A member is shown without the indent of its class. */
export function excerptText({ file, symbol }: Reference, source: ReadSource): string | undefined {
  const found = findSymbol(source(file) ?? "", symbol);
  if (!found) return undefined;
  const indent = /^ */.exec(found.text)![0].length;
  return found.text
    .split("\n")
    .map((line) => (line.slice(0, indent).trim() === "" ? line.slice(indent) : line))
    .join("\n");
}

function mutantProblems(page: Page, source: ReadSource): string[] {
  return page.breaks.flatMap(({ name, mutant, caughtBy }) => {
    const used = page.steps.findIndex((step) => step.type === "break" && step.name === name);
    const step = page.steps[used];
    const line = step?.line ?? 1;
    const healed = page.steps.slice(used + 1).find(({ type }) => type === "heal" || type === "break")?.type === "heal";
    const problems: string[] = [];
    if (!step) problems.push(`break ${name} is not played anywhere`);
    else if (!healed) problems.push(`break ${name} is not healed`);
    if (mutant) {
      const text = source(mutant.file);
      const wrong = `Perhaps wrong now: "${sentenceAbout(page, mutant, line)}"`;
      try {
        if (text === undefined) throw new Error(`${mutant.file} does not exist`);
        applyMutant(text, mutant);
      } catch (error) {
        problems.push(`break ${name}: ${(error as Error).message}. ${wrong}`);
      }
      if (source(caughtBy!) === undefined) problems.push(`break ${name}: its catcher ${caughtBy} does not exist`);
    }
    return problems.map((problem) => `${page.path}:${line}: ${problem}`);
  });
}

function toolProblems(page: Page): string[] {
  const commands: readonly Command[] = page.steps.flatMap((step) => ("commands" in step ? step.commands : []));
  return commands.flatMap(({ command, line }) =>
    toolsOf(command)
      .filter((tool) => !page.needs.includes(tool))
      .map((tool) => `${page.path}:${line}: calls ${tool}, which \`needs\` does not name`),
  );
}

function writeProblems(page: Page, source: ReadSource): string[] {
  if (!page.write) return [];
  const { reference, gradedBy } = page.write;
  const text = source(reference.file);
  const problems: string[] = [];
  const found = text === undefined ? undefined : findSymbol(text, reference.symbol);
  if (!found) problems.push(`${formatReference(reference)}, which the learner writes, does not exist`);
  else {
    const lines = found.text.split("\n").length;
    if (lines > writtenLines) problems.push(`${formatReference(reference)} has ${lines} lines; a learner writes ${writtenLines} at most`);
    try {
      emptied(text!, reference.symbol);
    } catch (error) {
      problems.push(`${formatReference(reference)} cannot be emptied: ${(error as Error).message}`);
    }
  }
  if (source(gradedBy) === undefined) problems.push(`${gradedBy}, which grades it, does not exist`);
  return problems.map((problem) => `${page.path}:1: ${problem}`);
}

function shapeProblems(page: Page): string[] {
  if (page.path.startsWith("labs/")) {
    const long = page.minutes < 1 || page.minutes > labMinutes;
    return long ? [`${page.path}:1: takes ${page.minutes} minutes; a lab takes 1 to ${labMinutes}`] : [];
  }
  const found = page.lines.filter((line) => line.startsWith("## ")).map((line) => line.slice(3));
  const missing = sections.filter((name) => !found.some((one) => one.startsWith(name)));
  return [
    ...(page.lines.length - 1 > chapterLines
      ? [`${page.path}:1: ${page.lines.length - 1} lines; a chapter has ${chapterLines} at most`]
      : []),
    ...missing.map((name) => `${page.path}:1: has no section "${name}"`),
  ];
}

/** The page with excerpts filled in; hashes only where there are none yet, or everywhere when the author has `read` it again. */
export function filled(page: Page, source: ReadSource, read: boolean): string {
  const lines = [...page.lines];
  const renew = (reference: Reference): string => {
    const found = findSymbol(source(reference.file) ?? "", reference.symbol);
    if (!found || (reference.hash !== undefined && !read)) return formatReference(reference);
    return formatReference({ ...reference, hash: hashOf(found.text) });
  };
  for (const step of page.steps.toReversed()) {
    if (step.type !== "excerpt") continue;
    const text = excerptText(step.reference, source);
    if (text === undefined) continue;
    lines.splice(step.codeLine - 1, step.codeEnd - step.codeLine + 1, ...text.split("\n"));
    lines[step.line - 1] = `<!-- ${renew(step.reference)} -->`;
  }
  const end = lines.indexOf("---", 1);
  for (const { reference, text } of page.read) {
    for (let at = 1; at < end; at++) {
      const line = lines[at]!;
      const pattern = new RegExp(`${text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")}(?![\\w.@])`);
      if (line.startsWith("read:") || line.startsWith("  - ")) lines[at] = line.replace(pattern, () => renew(reference));
    }
  }
  return lines.join("\n");
}
