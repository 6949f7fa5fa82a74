// `npm run bundle`: the runtime as two files of JavaScript, because a container costs three starts of Node and each would read eighty files.
// Invariant: the files are a function of the sources alone; whether they are current is a test. Modules stay apart, each in a function of its own;
// a name is taken from the module that makes it, not from a door that opens on many others; what only some commands need is in the second file.
// Called by: npm run bundle, tools/bundle.test.ts. Next on the way: bin/dhow-runtime, which runs the result.

import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "..");
const entry = "src/runtime/main.ts";
const bundlePath = "bin/dhow-runtime.gen.cjs";
const morePath = "bin/dhow-runtime-more.gen.cjs";

/** What most commands never use is loaded by the first call: names of these are functions and classes only. */
const late = new Set(["node:child_process", "node:events", "node:tty", "node:util"]);

/** Modules that are loaded by the first call, with all that only they need: `start`, `kill` and `delete` do without. */
const apart: ReadonlySet<string> = new Set(
  ["create", "exec", "features", "list", "spec", "update", "cli/foreground", "init/index"].map((name) => `src/runtime/${name}.ts`),
);

interface Module {
  readonly path: string;
  readonly body: string;
  /** In the second file. */
  readonly more: boolean;
}

const doors = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { imports: Record<string, string> }).imports;
const fromClause = /^(import|export)\s*(\{[^}]*\}|\*)\s*from\s*"([^"]+)";?$/gmu;

function resolveFrom(path: string, target: string): string {
  if (target.startsWith(".")) return relative(root, join(root, dirname(path), target));
  const door = doors[target];
  if (door === undefined) throw new Error(`${path}: ${target} cannot be bundled`);
  return relative(root, join(root, door));
}

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

const sources = new Map<string, string>();

function sourceOf(path: string): string {
  const known = sources.get(path) ?? stripTypeScriptTypes(readFileSync(join(root, path), "utf8"), { mode: "strip" });
  sources.set(path, known);
  return known;
}

/** Where a name that `path` exports is made, and what it is called there. */
function origin(path: string, name: string): readonly [path: string, name: string] | undefined {
  for (const [, word, clause = "", target = ""] of sourceOf(path).matchAll(fromClause)) {
    if (word !== "export" || target.startsWith("node:")) continue;
    const from = clause === "*" ? name : names(clause).find(([, to]) => to === name)?.[0];
    const found = from === undefined ? undefined : origin(resolveFrom(path, target), from);
    if (found) return found;
  }
  return new RegExp(`^export (?:async )?(?:function|class|const|let) ?\\*? ?${name.replaceAll("$", "\\$")}\\b`, "mu").test(sourceOf(path))
    ? [path, name]
    : undefined;
}

/** A function or class that is there when it is first called. */
const lateName = (name: string, real: string): string =>
  `function ${name}(...args) { return new.target ? new (${real})(...args) : ${real}(...args); }`;

class Bundle {
  readonly #index = new Map<string, number>();
  readonly #modules: Module[] = [];
  readonly #waiting = new Set<string>();
  #more = false;

  constructor() {
    this.#add(entry);
    this.#more = true;
    for (const path of this.#waiting) this.#add(path);
  }

  /** Depth first: what a module imports comes before it. */
  #add(path: string): number {
    const known = this.#index.get(path);
    if (known !== undefined) return known;
    const exported: string[] = [];
    const linked = sourceOf(path).replaceAll(fromClause, (_all, word: string, clause: string, target: string) => {
      if (word === "export") throw new Error(`${path}: a door is not bundled: ${target}`);
      return this.#link(path, clause, target);
    });
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
    this.#modules.push({ path, body: `${withoutComments(body)}\nreturn { ${exported.join(", ")} };`, more: this.#more });
    return index;
  }

  #link(path: string, clause: string, target: string): string {
    return names(clause)
      .map(([from, to]) => {
        if (target.startsWith("node:")) {
          const real = `require(${JSON.stringify(target)})`;
          return late.has(target) ? lateName(to, `${real}.${from}`) : `const { ${from}: ${to} } = ${real};`;
        }
        const [made, name] = origin(resolveFrom(path, target), from) ?? [];
        if (made === undefined || name === undefined) throw new Error(`${path}: ${target} has no ${from}`);
        if (apart.has(made) && !this.#more) {
          this.#waiting.add(made);
          return lateName(to, `more()[${JSON.stringify(made)}].${name}`);
        }
        return `const { ${name}: ${to} } = m${this.#add(made)};`;
      })
      .join("\n");
  }

  files(): ReadonlyMap<string, string> {
    const head = `"use strict";\n// Made by \`npm run bundle\` from src/runtime and what it uses: read those.`;
    const show = (more: boolean): string =>
      this.#modules
        .flatMap((module, index) => (module.more === more ? [`// ${module.path}\nconst m${index} = (() => {\n${module.body}\n})();`] : []))
        .join("\n");
    const shared = this.#modules.flatMap(({ more }, index) => (more ? [] : [`m${index}`])).slice(0, -1);
    const given = [...this.#waiting].map((path) => `${JSON.stringify(path)}: m${this.#index.get(path)}`);
    const name = JSON.stringify(`./${basename(morePath)}`);
    return new Map([
      [bundlePath, `${head}\nlet loaded;\nconst more = () => (loaded ??= require(${name})([${shared.join(", ")}]));\n${show(false)}\n`],
      [morePath, `${head}\nmodule.exports = ([${shared.join(", ")}]) => {\n${show(true)}\nreturn { ${given.join(", ")} };\n};\n`],
    ]);
  }
}

/** By path, what each file is to be. */
export function bundle(): ReadonlyMap<string, string> {
  return new Bundle().files();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of bundle()) {
    writeFileSync(join(root, path), text);
    console.log(`${path}: ${text.length} bytes`);
  }
}
