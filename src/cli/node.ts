// `dhow node`: which nodes of a cluster in virtual time speak; one falls silent, or comes back.
// Invariant: silence is what the cluster sees when a cable is cut: no farewell, and the containers there run on.
// Called by: program.ts. Next on the way: world.ts, then compose/memory-nodes.ts.

import type { NodeView } from "#sim";
import { CliError, exitCodes, type Io } from "./io.ts";
import { columns } from "./status.ts";
import { askWorld, virtualCluster } from "./world.ts";

export interface NodeOptions {
  readonly name: string;
  readonly output?: "json";
}

const questions: Readonly<Record<string, string>> = { list: "nodes", stop: "silence", start: "start" };

export async function node(io: Io, options: NodeOptions, what: string, given?: string): Promise<number> {
  const type = Object.hasOwn(questions, what) ? questions[what] : undefined;
  if (type === undefined) throw new CliError(`no ${JSON.stringify(what)}; there are list, stop NODE, start NODE`, exitCodes.wrongUse);
  if ((given === undefined) !== (what === "list"))
    throw new CliError(what === "list" ? "`dhow node list` takes no name" : `which node? \`dhow node ${what} NODE\``, exitCodes.wrongUse);
  const name = given?.replace(/^nodes?\//, "");
  const answer = await askWorld(virtualCluster(io, options.name), { type, ...(name === undefined ? {} : { node: name }) });
  if (options.output === "json") {
    const { type: _, ...rest } = answer;
    io.out(JSON.stringify(rest));
    return exitCodes.done;
  }
  if (what === "list") {
    const views = answer["nodes"] as readonly NodeView[];
    for (const line of columns([["NODE", "AGENT"], ...views.map((one) => [one.name, one.silent ? "silent" : "speaks"])])) io.out(line);
    return exitCodes.done;
  }
  const changed = answer["changed"] === true;
  io.out(`${name} ${what === "stop" ? (changed ? "fell silent" : "was silent already") : changed ? "speaks again" : "speaks already"}`);
  return exitCodes.done;
}
