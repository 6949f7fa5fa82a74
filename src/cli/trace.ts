// `dhow trace deployment/web`: what one change set going, as a tree with times.
// Invariant: reads what the components recorded; a span whose parent was not kept hangs below the root, never lost.
// Called by: program.ts. Next on the way: trace-tree.ts, the tree itself.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dhowHome, stateExists, statePaths } from "#compose";
import type { Span } from "#lib";
import { CliError, command, exitCodes, type Io } from "./io.ts";
import { parseTarget } from "./target.ts";
import { tracesOf, treeLines } from "./trace-tree.ts";

export function readSpans(folder: string): Span[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).filter((file) => file.isFile() && /\.jsonl(\.1)?$/.test(file.name));
  return files.flatMap(({ name }) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return line === "" ? [] : [JSON.parse(line) as Span];
        } catch {
          // The last line of a process that was killed may be half a line.
          return [];
        }
      }),
  );
}

interface TraceOptions {
  readonly name: string;
  readonly namespace: string;
  readonly output?: "json";
}

export async function trace(io: Io, ...given: unknown[]): Promise<number> {
  const [options, target] = given as [TraceOptions, string];
  const paths = statePaths(dhowHome(io.env), options.name);
  if (!stateExists(paths)) throw new CliError(`no cluster "${options.name}"; ${command("up", options.name)} makes one`);
  const { info, name } = parseTarget(target);
  const { resource } = info;
  const spans = readSpans(paths.traces);
  const found = tracesOf(spans, resource, options.namespace, name);
  const newest = found.at(-1);
  if (!newest) throw new CliError(`no trace of ${resource} "${name}" in namespace "${options.namespace}" is kept`);
  if (options.output === "json") {
    io.out(JSON.stringify({ traceId: newest.traceId, spans: newest.spans }, null, 2));
    return exitCodes.done;
  }
  io.out(
    `trace ${newest.traceId}  ${new Date(newest.startMs).toISOString()}${found.length > 1 ? `  (the newest of ${found.length})` : ""}`,
  );
  for (const line of treeLines(newest.spans)) io.out(line);
  return exitCodes.done;
}
