// The house rules as a function: files in, problems out.
// Invariant: pure; each rule names the file, the line and what to do instead.
// Called by: tools/tidy.test.ts, on the real tree and on planted mistakes. Next on the way: layers.ts, the table of edges.

import { posix } from "node:path";
import { allowedEdges, outerFolders } from "./layers.ts";

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const lineLimit = 400;
/** Statements at the start of a line, and lazy imports anywhere; imports inside a test's strings are not imports. */
const importPattern = /^(?:import|export)\b[^"'`;]*?\bfrom\s*(["'])([^"']+)\1|^import\s+(["'])([^"']+)\3|\bimport\(\s*(["'])([^"']+)\5/gm;

/** The layer of a file under src/, or the outer folder it stands in. */
function layerOf(path: string): string | undefined {
  const [top, next] = path.split("/");
  if (top === "src") return next;
  return top !== undefined && outerFolders.includes(top) ? top : undefined;
}

function edgeProblem(file: SourceFile, layer: string, target: string): string | undefined {
  if (target === layer || outerFolders.includes(layer)) return undefined;
  const allowed = allowedEdges[layer];
  if (!allowed) return `${file.path}: unknown layer "${layer}"; add it to tools/tidy/layers.ts with its edges`;
  if (target === "lib" || allowed.includes(target)) return undefined;
  return `${file.path}: ${layer} may not import ${target}; allowed: lib${allowed.map((name) => `, ${name}`).join("")}`;
}

function importProblems(file: SourceFile): string[] {
  const layer = layerOf(file.path);
  // These tests hold wrong imports as text.
  if (layer === undefined || file.path === "tools/tidy.test.ts" || file.path === "tools/pack.test.ts") return [];
  const problems: string[] = [];
  for (const match of file.text.matchAll(importPattern)) {
    const specifier = match[2] ?? match[4] ?? match[6]!;
    if (specifier.startsWith("#")) {
      const problem = edgeProblem(file, layer, specifier.slice(1).split("/")[0]!);
      if (problem) problems.push(problem);
    } else if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(file.path), specifier);
      const targetLayer = layerOf(target);
      if (targetLayer === layer) continue;
      if (outerFolders.includes(layer) && targetLayer !== undefined && outerFolders.includes(targetLayer)) continue;
      const lazyVerb = (layer === "cmd" && targetLayer === "cli") || (layer === "cli" && targetLayer === "cmd");
      if (targetLayer === undefined || !lazyVerb)
        problems.push(`${file.path}: leaves its layer by "${specifier}"; use the door "#${targetLayer ?? "layer"}"`);
    }
  }
  return problems;
}

function headerProblems(file: SourceFile): string[] {
  const lines = file.text.split("\n");
  const start = lines[0]?.startsWith("#!") ? 1 : 0;
  let length = 0;
  while (lines[start + length]?.startsWith("//")) length += 1;
  return length >= 2 && length <= 15
    ? []
    : [`${file.path}: opens with ${length} comment lines; 3 to 10 tell what it is, its invariant, who calls it`];
}

function lengthProblems(file: SourceFile): string[] {
  const lines = file.text.split("\n").length - 1;
  return lines > lineLimit ? [`${file.path}: ${lines} lines; the limit is ${lineLimit}, look for the seam`] : [];
}

function wordProblems(file: SourceFile): string[] {
  if (file.path.startsWith("tools/tidy")) return [];
  const forbidden: [RegExp, string][] = [
    [/\bFIXME\b/, "FIXME on main"],
    [/\bXXX\b/, "XXX on main"],
    [/\/(?:work|farm)\//, "a path of one machine"],
  ];
  return forbidden.flatMap(([pattern, what]) => (pattern.test(file.text) ? [`${file.path}: ${what}`] : []));
}

/** All problems of `files` (paths from the repository's root, `/` between names). Generated files are only checked for imports. */
export function tidy(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    if (!file.path.endsWith(".ts")) return wordProblems(file);
    const always = [...importProblems(file), ...wordProblems(file)];
    return file.path.endsWith(".gen.ts") ? always : [...always, ...headerProblems(file), ...lengthProblems(file)];
  });
}

/** Folders that a README's tree shows below its line `src/` (deeper indented lines `name/  what it is`) against the folders that exist. */
export function treeProblems(readme: string, layers: readonly string[]): string[] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => /^ *src\/$/.test(line));
  const indent = (line: string): number => line.length - line.trimStart().length;
  const end = lines.findIndex((line, index) => index > start && indent(line) <= indent(lines[start] ?? ""));
  const named = lines.slice(start + 1, end < 0 ? undefined : end).flatMap((line) => /^ +([a-z]+)\//.exec(line)?.[1] ?? []);
  return [
    ...layers.filter((layer) => !named.includes(layer)).map((layer) => `README.md: the tree does not show src/${layer}/`),
    ...named.filter((layer) => !layers.includes(layer)).map((layer) => `README.md: the tree shows src/${layer}/, which does not exist`),
  ];
}
