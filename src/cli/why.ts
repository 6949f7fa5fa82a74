// `dhow why pod/web`: why it is pending, not ready, restarted, going or gone, and who wrote a field; in sentences.
// Invariant: reads only; every sentence says where it is known from, and what is not known is said to be so.
// Called by: program.ts. Next on the way: why/evidence.ts, then why/explain.ts.

import { existsSync, readFileSync } from "node:fs";
import { createClient, httpsTransport, TransportError } from "#client";
import { dhowHome, lockHolder, stateExists, statePaths } from "#compose";
import { credentialsOf, readKubeconfig, userAgent } from "#config";
import { CliError, command, exitCodes, type Io } from "./io.ts";
import { parseTarget } from "./target.ts";
import { readSpans } from "./trace.ts";
import { clusterNowMs } from "./world.ts";
import { gather } from "./why/evidence.ts";
import { explain } from "./why/explain.ts";
import type { Explanation } from "./why/finding.ts";

interface WhyOptions {
  readonly name: string;
  readonly namespace: string;
  readonly field?: string;
  readonly output?: "json";
}

export function explanationLines(title: string, { findings, next }: Explanation): string[] {
  const lines = [title];
  for (const { text, details = [] } of findings) {
    lines.push(`  ${text}`);
    for (const detail of details) lines.push(`    - ${detail}`);
  }
  if (next !== undefined) lines.push(`next: ${next}`);
  return lines;
}

export async function why(io: Io, ...given: unknown[]): Promise<number> {
  const [options, target, second] = given as [WhyOptions, string, string | undefined];
  const { info, name } = parseTarget(target, second);
  const paths = statePaths(dhowHome(io.env), options.name);
  if (!stateExists(paths) || !existsSync(paths.kubeconfig))
    throw new CliError(`no cluster "${options.name}"; ${command("up", options.name)} makes one`);
  const credentials = credentialsOf(await readKubeconfig(readFileSync(paths.kubeconfig, "utf8")), (path) => readFileSync(path, "utf8"));
  const agent = userAgent("dhow-why");
  const client = createClient({
    transport: httpsTransport({ ...credentials, userAgent: agent, clock: io.clock }),
    clock: io.clock,
    userAgent: agent,
  });
  try {
    const gathered = await gather({ client, info, name, namespace: options.namespace, spans: readSpans(paths.traces) });
    const evidence = { ...gathered, nowMs: await clusterNowMs(io, paths) };
    const explanation = explain(evidence, options.field);
    const place = info.namespaced ? ` in namespace ${options.namespace}` : "";
    if (explanation.findings.length === 0)
      throw new CliError(`there is no ${info.singular} "${name}"${place}, and nothing is recorded of one`);
    if (options.output === "json") {
      const { kind, group, version } = info;
      const object = {
        kind,
        group,
        version,
        name,
        ...(info.namespaced ? { namespace: options.namespace } : {}),
        exists: evidence.object !== undefined,
      };
      io.out(JSON.stringify({ object, ...explanation }, null, 2));
      return exitCodes.done;
    }
    const title = `${info.singular}/${name}${place}${evidence.object ? "" : " does not exist any more"}`;
    const { findings, next } = explanation;
    // What is to be copied must lead to the same cluster.
    const onward = options.name === "dhow" ? next : next?.replace(/^dhow why /, `dhow why --name ${options.name} `);
    for (const line of explanationLines(title, { findings, ...(onward === undefined ? {} : { next: onward }) })) io.out(line);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const said = lockHolder(paths)
      ? `the API server does not answer; ${command("status", options.name)} says how its parts are`
      : `the cluster is not running; ${command("up", options.name)} starts it`;
    throw new CliError(`${said} (${error.message})`);
  } finally {
    client.close();
  }
}
