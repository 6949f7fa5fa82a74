// `npm run bundle`: the runtime as three files of JavaScript, because a container costs three starts of Node and each would read eighty files.
// Invariant: the files are a function of the sources alone; whether they are current is a test. Modules stay apart, each in a function of its own;
// a name is taken from the module that makes it, not from a door that opens on many others; what only some commands need is in a later file.
// Called by: npm run bundle, tools/bundle.test.ts. Next on the way: bin/dhow-runtime, which runs the result.

import { readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "..");
const entry = "src/runtime/main.ts";
const paths = ["bin/dhow-runtime.gen.cjs", "bin/dhow-runtime-more.gen.cjs", "bin/dhow-runtime-filter.gen.cjs"] as const;

/** What most commands never use is loaded by the first call: names of these are functions and classes only. */
const late = new Set(["node:child_process", "node:events", "node:tty", "node:util"]);

/** Modules that are loaded by the first call, with all that only they need: by file. `start`, `kill` and `delete` do with the first. */
const apart: ReadonlyMap<string, number> = new Map([
  ...["create", "exec", "list", "spec", "update", "cli/foreground", "init/index"].map((name) => [`src/runtime/${name}.ts`, 1] as const),
  ["src/linux/seccomp/filter.ts", 2],
  ["src/runtime/features.ts", 2],
]);

interface Module {
  readonly path: string;
  readonly body: string;
  /** Of `paths`. */
  readonly file: number;
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
  #file = 0;

  constructor() {
    this.#add(entry);
    for (this.#file = 1; this.#file < paths.length; this.#file++)
      for (const [path, file] of apart) if (file === this.#file) this.#add(path);
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
    this.#modules.push({ path, body: `${withoutComments(body)}\nreturn { ${exported.join(", ")} };`, file: this.#file });
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
        const file = apart.get(made) ?? 0;
        if (file > this.#file) return lateName(to, `later(${file})[${JSON.stringify(made)}].${name}`);
        return `const { ${name}: ${to} } = m${this.#add(made)};`;
      })
      .join("\n");
  }

  #modulesOf(file: number): string {
    return this.#modules
      .flatMap((module, index) => (module.file === file ? [`// ${module.path}\nconst m${index} = (() => {\n${module.body}\n})();`] : []))
      .join("\n");
  }

  /** A later file is a function of all modules before it; the parentheses make V8 read it once. */
  #text(file: number): string {
    if (file === 0) {
      const names = paths.map((path) => `./${basename(path)}`);
      return `const known = {};
const loaded = [];
function later(file) {
  if (loaded[file]) return loaded[file];
  for (let before = 1; before < file; before++) later(before);
  return (loaded[file] = require(${JSON.stringify(names)}[file])(known, later));
}
${this.#modulesOf(0).replaceAll(/^const (m\d+) = /gmu, "const $1 = known.$1 = ")}`;
    }
    const before = this.#modules.flatMap((module, index) => (module.file < file ? [`m${index}`] : []));
    const own = this.#modules.flatMap((module, index) => (module.file === file ? [`m${index}`] : []));
    const given = [...apart].filter(([, of]) => of === file).map(([path]) => `${JSON.stringify(path)}: m${this.#index.get(path)}`);
    return `module.exports = ((known, later) => {
const { ${before.join(", ")} } = known;
${this.#modulesOf(file)}
Object.assign(known, { ${own.join(", ")} });
return { ${given.join(", ")} };
});`;
  }

  files(): ReadonlyMap<string, string> {
    const head = `"use strict";\n// Made by \`npm run bundle\` from src/runtime and what it uses: read those.`;
    return new Map(paths.map((path, file) => [path, `${head}\n${this.#text(file)}\n`]));
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
