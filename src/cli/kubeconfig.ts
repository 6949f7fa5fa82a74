// `dhow kubeconfig`: where the cluster's kubeconfig is; with --merge its entries are added to the user's own file.
// Invariant: other entries stay as they are, a current context changes only by --context, the file is whole at every moment and kept as a backup.
// Called by: program.ts. Next on the way: config/kubeconfig.ts.

import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { dhowHome, statePaths } from "#compose";
import { type Kubeconfig, KubeconfigError, mergeKubeconfig, readKubeconfig, writeKubeconfig } from "#config";
import { CliError, command, exitCodes, type Io } from "./io.ts";

interface KubeconfigOptions {
  readonly name: string;
  readonly merge?: boolean;
  readonly context?: boolean;
  readonly output?: "json";
}

function serverOf(config: Kubeconfig, contextName: string): string | undefined {
  const named = (list: readonly { name: string }[], name: unknown): Record<string, unknown> | undefined =>
    list.find((one) => one.name === name) as Record<string, unknown> | undefined;
  const context = named(config.contexts, contextName)?.["context"] as { cluster?: string } | undefined;
  const cluster = named(config.clusters, context?.cluster ?? contextName)?.["cluster"] as { server?: string } | undefined;
  return cluster?.server;
}

/** An entry of our name that leads elsewhere is somebody else's: ours are always on this machine. */
export function refuseForeign(theirs: Kubeconfig, ours: Kubeconfig, target: string): void {
  const name = ours["current-context"];
  const server = serverOf(theirs, name);
  if (server === undefined || /^https:\/\/127\.0\.0\.1:\d+$/.test(server)) return;
  throw new CliError(
    `${target} has a context "${name}" that leads to ${server}; it stays as it is. Rename it there: kubectl config rename-context ${name} OTHER`,
  );
}

interface Merged {
  readonly file: string;
  readonly backup?: string;
  readonly currentContext: string;
}

async function merge(io: Io, ours: Kubeconfig, select: boolean): Promise<Merged> {
  const named = io.env["KUBECONFIG"]?.split(delimiter).find((path) => path !== "") ?? join(io.env["HOME"] ?? homedir(), ".kube/config");
  if (!existsSync(named)) {
    mkdirSync(dirname(named), { recursive: true, mode: 0o700 });
    writeAside(named, writeKubeconfig(ours), 0o600);
    return { file: named, currentContext: ours["current-context"] };
  }
  // A link stays a link: what it leads to is rewritten.
  const file = realpathSync(named);
  const text = readFileSync(file, "utf8");
  const theirs = await readTheirs(text, file);
  refuseForeign(theirs, ours, file);
  const merged = mergeKubeconfig(theirs, ours, select);
  const backup = `${file}.before-dhow`;
  copyFileSync(file, backup);
  writeAside(file, writeKubeconfig(merged), statSync(file).mode & 0o777);
  return { file, backup, currentContext: merged["current-context"] };
}

async function readTheirs(text: string, file: string): Promise<Kubeconfig> {
  try {
    return await readKubeconfig(text.trim() === "" ? "{}" : text);
  } catch (error) {
    if (error instanceof KubeconfigError || (error instanceof Error && error.name.startsWith("YAML")))
      throw new CliError(`${file} cannot be read as a kubeconfig: ${error.message.split("\n")[0]}; it stays as it is`);
    throw error;
  }
}

function writeAside(file: string, text: string, mode: number): void {
  const aside = `${file}.${process.pid}.dhow-new`;
  writeFileSync(aside, text, { mode });
  renameSync(aside, file);
}

export async function kubeconfig(io: Io, options: KubeconfigOptions): Promise<number> {
  const paths = statePaths(dhowHome(io.env), options.name);
  if (!existsSync(paths.kubeconfig)) throw new CliError(`${paths.kubeconfig} does not exist; ${command("up", options.name)} writes it`);
  if (options.context === true && options.merge !== true)
    throw new CliError("--context chooses the current context of the file that --merge writes; say both", exitCodes.wrongUse);
  const context = paths.name;
  const merged =
    options.merge === true
      ? await merge(io, await readKubeconfig(readFileSync(paths.kubeconfig, "utf8")), options.context === true)
      : undefined;
  if (options.output === "json") {
    io.out(JSON.stringify({ kubeconfig: paths.kubeconfig, context, ...(merged ? { merged } : {}) }));
    return exitCodes.done;
  }
  if (merged) {
    const current =
      merged.currentContext === context ? "is the current one" : `is there; the current one is still "${merged.currentContext}"`;
    io.err(`${merged.file}: context "${context}" ${current}${merged.backup ? `; as it was before: ${merged.backup}` : ""}`);
  }
  io.out(paths.kubeconfig);
  return exitCodes.done;
}
