// What `npm pack` ships: dist/, the sources with their types blanked out, line for line and column for column.
// Invariant: Node strips no types below node_modules, so no .ts is named there; tests and their data stay behind.
// Called by: npm's prepack (and with --clean by postpack). Next on the way: e2e/package.e2e.ts, which installs and uses the result.

import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly imports: Readonly<Record<string, string>>;
}

/** JavaScript of the same lines: a stack of the package points at the lines of the repository. */
export function stripped(source: string): string {
  return stripTypeScriptTypes(source, { mode: "strip" }).replace(
    /\b(from|import)(\s*\(?\s*)(["'])(\.{1,2}\/[^"'\n]+)\.ts\3/g,
    "$1$2$3$4.js$3",
  );
}

/** dist/ has a manifest of its own, whose doors lead to dist/. */
export function packedManifest({ name, version, type, imports }: Manifest): string {
  const doors = Object.entries(imports).map(([door, path]) => [door, path.replace(/^\.\/src\//, "./").replace(/\.ts$/, ".js")]);
  return `${JSON.stringify({ name, version, type, private: true, imports: Object.fromEntries(doors) }, null, 2)}\n`;
}

/** Fills dist/ below `root`; returns how many files lie there. */
export function pack(root: string): number {
  const target = join(root, "dist");
  rmSync(target, { recursive: true, force: true });
  const put = (path: string, write: (target: string) => void): void => {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    write(join(target, path));
  };
  const sources = globSync("**/*.ts", { cwd: join(root, "src") }).filter((path) => !/\.test\.ts$|(^|\/)testdata\//.test(path));
  for (const path of sources) {
    const text = stripped(readFileSync(join(root, "src", path), "utf8"));
    put(path.replace(/\.ts$/, ".js"), (file) => writeFileSync(file, text));
  }
  const tables = globSync("**/*.gen.json", { cwd: join(root, "src") });
  for (const path of tables) put(path, (file) => cpSync(join(root, "src", path), file));
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  put("package.json", (file) => writeFileSync(file, packedManifest(manifest)));
  return sources.length + tables.length + 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(import.meta.dirname, "..");
  if (process.argv.includes("--clean")) rmSync(join(root, "dist"), { recursive: true, force: true });
  else console.error(`dist/: ${pack(root)} files`);
}
