// The way to a cluster in virtual time: one question over its control socket, one answer.
// Invariant: a cluster in the machine's time, or none at all, is said in words; a refusal of the world is the user's to read.
// Called by: clock.ts, node.ts, status.ts, why.ts. Next on the way: sim/control.ts at the other end.

import { connectChannel, dhowHome, lockHolder, type Message, readSettings, type StatePaths, statePaths } from "#compose";
import { CliError, command, type Io } from "./io.ts";

export function virtualCluster(io: Io, name: string): StatePaths {
  const paths = statePaths(dhowHome(io.env), name);
  const settings = readSettings(paths);
  if (!settings) throw new CliError(`no cluster "${name}"; ${command("up --clock virtual", name)} makes one`);
  if (!settings.virtual)
    throw new CliError(
      `cluster "${name}" lives in the machine's time, which nobody moves; \`dhow up --clock virtual --name OTHER\` makes one`,
    );
  if (!lockHolder(paths)) throw new CliError(`cluster "${name}" does not run; ${command("up", name)} starts it`);
  return paths;
}

/** Rejects with what the world refuses. A step may take as long as it takes: the open connection is the sign of life. */
export async function askWorld(paths: StatePaths, question: Message): Promise<Message> {
  const answered = Promise.withResolvers<Message>();
  const channel = await connectChannel(paths.clock, {
    message: answered.resolve,
    closed: () => answered.reject(new CliError(`the cluster ended before it answered; log: ${paths.logs}/simulation.log`)),
  });
  try {
    channel.send(question);
    const answer = await answered.promise;
    if (answer.type === "refused" || answer.type === "failed") throw new CliError(String(answer["message"]));
    return answer;
  } finally {
    channel.close();
  }
}

/** What time it is in the cluster. */
export async function clusterNowMs(io: Io, paths: StatePaths): Promise<number> {
  if (readSettings(paths)?.virtual === undefined || !lockHolder(paths)) return io.clock.nowMs();
  return Number((await askWorld(paths, { type: "show" }))["nowMs"]);
}
