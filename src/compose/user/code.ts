// Which files a serving part loads in its life: our own code, the packages it imports, sooner or later, and the interpreter.
// Invariant: a package counts with everything it depends on, found the way Node finds it; nothing is imported.
// Called by: decide.ts. Next on the way: trial.ts, which tries to read all of it as the user.

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export interface Code {
  readonly node: string;
  readonly main: string;
  /** Real paths: a folder stands for all that is in it. */
  readonly places: readonly string[];
  /** The folder from which Node finds all of them by going down. */
  readonly root: string;
  /** Some package is reached through a link only, as pnpm lays them out. */
  readonly linked: boolean;
}

function packageAbove(folder: string, name: string): string | undefined {
  for (let place = folder; ; place = dirname(place)) {
    const candidate = `${place}/node_modules/${name}`;
    if (basename(place) !== "node_modules" && existsSync(candidate)) return candidate;
    if (dirname(place) === place) return undefined;
  }
}

function dependenciesOf(folder: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { dependencies?: object };
  return Object.keys(dependencies);
}

export function commonFolder(places: readonly string[]): string {
  let common = dirname(places[0] ?? "/");
  for (const place of places) while (relative(common, place).split("/")[0] === ".." && dirname(common) !== common) common = dirname(common);
  // Node looks for packages in the folder that holds `node_modules`, so that is where the way begins.
  return basename(common) === "node_modules" ? dirname(common) : common;
}

/** `main` is FOLDER/cmd/main.ts (or .js), and the package's own description lies beside FOLDER. */
export function codeOf(node: string, main: string): Code {
  const own = dirname(dirname(main));
  const top = dirname(own);
  const packages = new Map<string, boolean>();
  const waiting = dependenciesOf(top).map((name) => [top, name] as const);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const found = packageAbove(...next);
    if (found === undefined) continue;
    const real = realpathSync.native(found);
    if (packages.has(real)) continue;
    packages.set(real, real !== found);
    for (const name of dependenciesOf(real)) waiting.push([real, name]);
  }
  const places = [join(top, "package.json"), own, ...packages.keys()];
  return { node, main, places, root: commonFolder(places), linked: [...packages.values()].includes(true) };
}
