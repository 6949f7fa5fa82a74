// `dhow store check`, `dump`, `backup`, `restore`: a store's folder looked at, copied, brought back.
// Invariant: a verb that is not one of these, or a flag that is missing, is refused by name before anything is touched.
// Called by: cmd/component.ts. Next on the way: store/offline/tools.ts.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { FlagError, type StoreToolSettings } from "#config";
import { systemClock, systemPrng } from "#lib";
import { backupStore, checkStore, dumpStore, restoreStore, type StoreTools } from "#store";
import type { ClusterSettings } from "./state/folder.ts";

type Tool = (settings: StoreToolSettings, tools: StoreTools) => Promise<void>;

const tools: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ["check", (settings, parts) => checkStore(settings["data-dir"], parts)],
  ["dump", (settings, parts) => dumpStore(settings["data-dir"], parts)],
  ["backup", (settings, parts) => backupStore(settings["data-dir"], fileOf(settings), parts)],
  ["restore", (settings, parts) => restoreStore(settings["data-dir"], fileOf(settings), parts)],
]);

function fileOf({ file }: StoreToolSettings): string {
  if (file === "") throw new FlagError("required flags are missing: --file");
  return file;
}

/** An address in place of a folder, or the folder of a cluster that keeps its data elsewhere. */
function foreignStore(directory: string): string | undefined {
  if (/^https?:/.test(directory)) return directory;
  for (const folder of [directory, dirname(resolve(directory))]) {
    const settings = join(folder, "settings.json");
    if (!existsSync(settings)) continue;
    const { store } = JSON.parse(readFileSync(settings, "utf8")) as ClusterSettings;
    if (store) return store.servers.join(",");
  }
  return undefined;
}

export async function runStoreTool(verb: string, settings: StoreToolSettings): Promise<void> {
  const tool = tools.get(verb);
  if (!tool)
    throw new FlagError(`unknown command ${JSON.stringify(verb)}: ${[...tools.keys()].join(", ")}, or flags for a store that serves`);
  const directory = settings["data-dir"];
  if (directory === "") throw new FlagError("required flags are missing: --data-dir");
  const elsewhere = foreignStore(directory);
  if (elsewhere !== undefined) {
    const instead = verb === "backup" ? `etcdctl --endpoints ${elsewhere} snapshot save FILE` : "etcd's own tools";
    throw new FlagError(`--data-dir: the data lies in the store at ${elsewhere}; ${verb} is for a folder of our own (there: ${instead})`);
  }
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  await tool(settings, { clock: systemClock(), prng: systemPrng(), print });
}
