// One component alone, as a process with upstream's flags: `dhow apiserver --secure-port=…`.
// Invariant: settings are parsed and frozen before anything is opened; an unknown flag ends with exit code 2 and its name.
// Called by: main.ts. Next on the way: compose/components.ts, which builds each from its settings.

import { runComponent, runStoreTool } from "#compose";
import {
  type ComponentName,
  componentFlags,
  etcdVersion,
  FlagError,
  flagHelp,
  type FlagTable,
  gitVersion,
  parseFlags,
  storeToolFlags,
} from "#config";

export async function component(name: string, argv: readonly string[]): Promise<number> {
  const table: FlagTable = componentFlags[name as ComponentName];
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(`Usage: dhow ${name} [flags]\n\n${flagHelp(table)}\n`);
    return 0;
  }
  if (argv.includes("--version")) {
    process.stdout.write(name === "store" ? `etcd Version: ${etcdVersion}\n` : `Kubernetes ${gitVersion}\n`);
    return 0;
  }
  try {
    const [verb] = argv;
    if (name === "store" && verb !== undefined && !verb.startsWith("-")) {
      await runStoreTool(verb, parseFlags(storeToolFlags, argv.slice(1)));
      return 0;
    }
    const running = await runComponent(name as ComponentName, parseFlags(table, argv));
    const stopped = Promise.withResolvers<number>();
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => {
        running.stop("signal").then(
          () => stopped.resolve(0),
          () => stopped.resolve(1),
        );
      });
    process.exit(await stopped.promise);
  } catch (error) {
    process.stderr.write(`dhow ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof FlagError ? 2 : 1;
  }
}
