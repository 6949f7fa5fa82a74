// `dhow kubeconfig`: where the cluster's kubeconfig is; with --merge its entries are added to the user's own file.
// Invariant: the user's other entries and current context stay as they are.
// Called by: program.ts. Next on the way: config/kubeconfig.ts.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { dhowHome, statePaths } from "#compose";
import { mergeKubeconfig, readKubeconfig, writeKubeconfig } from "#config";
import { CliError, exitCodes, type Io } from "./io.ts";

export async function kubeconfig(io: Io, options: { readonly name: string; readonly merge?: boolean }): Promise<number> {
  const paths = statePaths(dhowHome(io.env), options.name);
  if (!existsSync(paths.kubeconfig)) throw new CliError(`${paths.kubeconfig} does not exist; \`dhow up\` writes it`);
  if (options.merge === true) {
    const target = io.env["KUBECONFIG"]?.split(delimiter)[0] ?? join(homedir(), ".kube/config");
    const ours = await readKubeconfig(readFileSync(paths.kubeconfig, "utf8"));
    const merged = existsSync(target) ? mergeKubeconfig(await readKubeconfig(readFileSync(target, "utf8")), ours) : ours;
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(`${target}.dhow-new`, writeKubeconfig(merged), { mode: 0o600 });
    renameSync(`${target}.dhow-new`, target);
    io.err(`added context "${paths.name}" to ${target}`);
  }
  io.out(paths.kubeconfig);
  return exitCodes.done;
}
