// `npm run bundle`: the runtime as one file of JavaScript, because a container costs three starts of Node and each would read eighty files.
// Invariant: the file is a function of the sources alone; whether it is current is a test. Modules stay apart, each in a function of its own.
// Called by: npm run bundle, tools/bundle.test.ts. Next on the way: bin/dhow-runtime, which runs the result.

import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "..");
const entry = "src/runtime/main.ts";
export const bundlePath = "bin/dhow-runtime.gen.cjs";

/** What most commands never use is loaded by the first call: names of these are functions and classes only. */
const late = new Set(["node:child_process", "node:events", "node:tty", "node:util"]);

interface Module {
  readonly path: string;
  readonly body: string;
}

const doors = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { imports: Record<string, string> }).imports;
const fromClause = /^(import|export)\s*(\{[^}]*\}|\*)\s*from\s*"([^"]+)";?$/gmu;

function resolveFrom(path: string, target: string): string {
  if (target.startsWith(".")) return relative(root, join(root, dirname(path), target));
  const door = doors[target];
  if (door === undefined) throw new Error(`${path}: ${target} cannot be bundled`);
  return relative(root, join(root, door));
}

/** `{ a, b as c }` of an import as a pattern: `{ a, b: c }`. */
const pattern = (clause: string): string => clause.replaceAll(/\s+as\s+/gu, ": ").replaceAll(/\s+/gu, " ");

function names(clause: string): [from: string, to: string][] {
  const words = clause.slice(1, -1).split(",");
  return words
    .map((word) => word.trim())
    .filter((word) => word !== "")
    .map((word) => {
      const [from = "", to = from] = word.split(/\s+as\s+/u);
      return [from, to];
    });
}

/** Comments and empty lines are for readers of the sources. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/$/gmu, "")
    .replaceAll(/^\s*\/\/.*$/gmu, "")
    .replaceAll(/^[ \t]+$/gmu, "")
    .replaceAll(/\n{2,}/gu, "\n")
    .trim();
}

class Bundle {
  readonly #index = new Map<string, number>();
  readonly #modules: Module[] = [];

  /** Depth first: what a module imports comes before it. */
  add(path: string): number {
    const known = this.#index.get(path);
    if (known !== undefined) return known;
    const exported: string[] = [];
    const text = stripTypeScriptTypes(readFileSync(join(root, path), "utf8"), { mode: "strip" });
    const linked = text.replaceAll(fromClause, (_all, word: string, clause: string, target: string) =>
      this.#link(path, { word, clause, target, exported }),
    );
    const body = linked.replaceAll(
      /^export ((?:async )?(?:function|class|const|let) ?\*? ?)([\w$]+)/gmu,
      (_all, kind: string, name: string) => {
        exported.push(name);
        return `${kind}${name}`;
      },
    );
    const left = /^(?:import|export)\b.*$/mu.exec(body);
    if (left) throw new Error(`${path}: cannot be bundled: ${left[0]}`);
    const index = this.#modules.length;
    this.#index.set(path, index);
    this.#modules.push({ path, body: `${withoutComments(body)}\nreturn { ${exported.join(", ")} };` });
    return index;
  }

  #link(path: string, { word, clause, target, exported }: { word: string; clause: string; target: string; exported: string[] }): string {
    if (word === "import" && names(clause).length === 0) return "";
    if (word === "import" && late.has(target))
      return names(clause)
        .map(([from, to]) => {
          const real = `require(${JSON.stringify(target)}).${from}`;
          return `function ${to}(...args) { return new.target ? new (${real})(...args) : ${real}(...args); }`;
        })
        .join("\n");
    const source = target.startsWith("node:") ? `require(${JSON.stringify(target)})` : `m${this.add(resolveFrom(path, target))}`;
    if (word === "import") return `const ${pattern(clause)} = ${source};`;
    if (clause === "*") exported.push(`...${source}`);
    else for (const [from, to] of names(clause)) exported.push(`${to}: ${source}.${from}`);
    return "";
  }

  text(): string {
    const parts = this.#modules.map(({ path, body }, index) => `// ${path}\nconst m${index} = (() => {\n${body}\n})();`);
    return `"use strict";\n// Made by \`npm run bundle\` from src/runtime and what it uses: read those.\n${parts.join("\n")}\n`;
  }
}

export function bundle(): string {
  const result = new Bundle();
  result.add(entry);
  return result.text();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, bundlePath), bundle());
  console.log(`${bundlePath}: ${bundle().length} bytes`);
}
