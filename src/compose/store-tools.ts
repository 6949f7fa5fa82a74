// `dhow store check`, `dump`, `backup`, `restore`: a store's folder looked at, copied, brought back.
// Invariant: a verb that is not one of these, or a flag that is missing, is refused by name before anything is touched.
// Called by: cmd/component.ts. Next on the way: store/offline/tools.ts.

import { FlagError, type StoreToolSettings } from "#config";
import { systemClock, systemPrng } from "#lib";
import { backupStore, checkStore, dumpStore, restoreStore, type StoreTools } from "#store";

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

export async function runStoreTool(verb: string, settings: StoreToolSettings): Promise<void> {
  const tool = tools.get(verb);
  if (!tool)
    throw new FlagError(`unknown command ${JSON.stringify(verb)}: ${[...tools.keys()].join(", ")}, or flags for a store that serves`);
  if (settings["data-dir"] === "") throw new FlagError("required flags are missing: --data-dir");
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  await tool(settings, { clock: systemClock(), prng: systemPrng(), print });
}
