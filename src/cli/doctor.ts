// `dhow doctor`: one block to paste into an issue: versions, kernel, rights, room, clusters, and the last errors of their logs.
// Invariant: reads only, and ends soon whatever hangs; keys and tokens are in none of what it prints.
// Called by: program.ts. Next on the way: host.ts, which judges; status.ts for each cluster.

import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { dhowHome, lastErrors, stateFormat, statePaths, wouldServe } from "#compose";
import { gitVersion, projectVersion } from "#config";
import { hasCapability, machineFacts } from "#linux";
import { cniFolder, cniPlugins, findProgram, type HostFacts, hostFacts, hostProblems, portProblem } from "./host.ts";
import { exitCodes, type Io } from "./io.ts";
import { type ClusterStatus, clusterStatus } from "./status.ts";

interface DoctorOptions {
  readonly output?: "json";
}

interface ClusterReport extends ClusterStatus {
  readonly lastErrors: readonly string[];
}

export interface Report {
  readonly facts: readonly (readonly [string, string])[];
  /** What keeps real containers from running here; simulated ones need none of it. */
  readonly problems: readonly string[];
  readonly clusters: readonly ClusterReport[];
}

/** The first line of what a program says of itself; a program that hangs is one without a version. */
function versionOf(program: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const path = findProgram(program);
  if (path === undefined) return Promise.resolve("not found");
  return new Promise((resolve) => {
    execFile(path, [...args], { timeout: 2000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      const version = pattern.exec(`${stdout}${stderr}`)?.[1];
      resolve(
        version === undefined ? `${path}, says no version${error ? ` (${error.code ?? error.message})` : ""}` : `${version}, ${path}`,
      );
    });
  });
}

async function programs(): Promise<readonly (readonly [string, string])[]> {
  const asked: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["containerd", ["--version"], /\b(v?\d+\.\d+\.\d+\S*)/],
    ["runc", ["--version"], /\b(\d+\.\d+\.\d+\S*)/],
    ["iptables", ["--version"], /(v\d\S+(?: \(\S+\))?)/],
    ["kubectl", ["version", "--client", "-o", "json"], /"gitVersion": "([^"]+)"/],
  ];
  return Promise.all(asked.map(async ([name, args, pattern]) => [name, await versionOf(name, args, pattern)] as const));
}

const gigabytes = (bytes: number | undefined): string => (bytes === undefined ? "unknown" : `${(bytes / 1e9).toFixed(1)} GB`);

function rights(facts: HostFacts): string {
  if (facts.platform !== "linux") return facts.root ? "root" : "no root";
  const has = (["CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_RESOURCE"] as const).map(
    (name) => `${name} ${hasCapability(name) ? "yes" : "no"}`,
  );
  return `${facts.root ? "root" : `user ${process.getuid?.() ?? "?"}`}; ${has.join(", ")}`;
}

/** As whom the parts of a cluster would run that is started now. */
async function serving({ launcher }: Io, home: string): Promise<string> {
  const found = await wouldServe({ home, paths: statePaths(home, "dhow"), launcher, port: undefined });
  if (!found) return `as user ${process.getuid?.() ?? "?"}, who starts them`;
  return found.serving.kept === undefined ? "as a user of their own, without root" : `as root: ${found.serving.kept}`;
}

function plugins(facts: HostFacts): string {
  const present = cniPlugins.filter((name) => !facts.missingPlugins.includes(name));
  return `${present.length > 0 ? present.join(" ") : "none"} in ${cniFolder}`;
}

async function ports(): Promise<string> {
  const asked = [6443, 10250].map(async (port) => `${port} ${(await portProblem(port)) ?? "is free"}`);
  return (await Promise.all(asked)).join(", ");
}

async function clusters(io: Io, home: string): Promise<readonly ClusterReport[]> {
  const names = existsSync(home) ? readdirSync(home).filter((name) => existsSync(join(home, name, "format"))) : [];
  return Promise.all(
    names.toSorted().map(async (name) => {
      const paths = statePaths(home, name);
      const errors = lastErrors(paths);
      try {
        return { ...(await clusterStatus(io, name)), lastErrors: errors };
      } catch (error) {
        // A supervisor that does not answer is itself the finding.
        return { name, state: "degraded" as const, memoryBytes: 0, parts: [], lastErrors: [String(error), ...errors] };
      }
    }),
  );
}

async function report(io: Io): Promise<Report> {
  const home = dhowHome(io.env);
  const facts = hostFacts(home);
  const [found, taken, running, who] = await Promise.all([programs(), ports(), clusters(io, home), serving(io, home)]);
  const machine = facts.platform === "linux" ? `${machineFacts("/").osImage}, ` : "";
  return {
    facts: [
      ["dhow", `${projectVersion} (Kubernetes ${gitVersion}), state format ${stateFormat}`],
      ["node", `${process.version}, ${process.execPath}`],
      ["system", `${machine}${platform()} ${release()}, ${arch()}, ${cpus().length} processors`],
      ["memory", `${gigabytes(totalmem())}, ${gigabytes(facts.memoryBytes)} available`],
      ["disk", `${gigabytes(facts.diskBytes)} free at ${home}`],
      ["cgroups", facts.cgroups.version === "none" ? "none" : `${facts.cgroups.version} (${facts.cgroups.controllers.join(" ")})`],
      ["rights", rights(facts)],
      ["serving", who],
      ...found,
      ["cni", plugins(facts)],
      ["ports", taken],
    ],
    problems: hostProblems(facts, { runtime: "containerd", nodes: 1, simulatedNodes: 0, without: [] }),
    clusters: running,
  };
}

function clusterLines({ name, state, server, runtime, parts, keepsRoot, lastErrors: errors }: ClusterReport): string[] {
  const lines = [
    `cluster ${name}: ${[state, server, runtime === undefined ? undefined : `${runtime} runtime`].filter(Boolean).join(", ")}`,
  ];
  for (const part of parts) {
    const restarts = part.restarts > 0 ? `, ${part.restarts} restarts${part.lastExit ? ` (${part.lastExit})` : ""}` : "";
    const memory = part.memoryBytes === undefined ? "" : `, ${(part.memoryBytes / 1e6).toFixed(0)} MB`;
    lines.push(`  ${part.name}: ${part.phase}${memory}${restarts}`);
  }
  if (keepsRoot !== undefined) lines.push(`  the parts that serve keep root: ${keepsRoot}`);
  if (errors.length > 0) lines.push("  last errors in its logs:", ...errors.map((line) => `    ${line}`));
  return lines;
}

export function reportLines({ facts, problems, clusters: found }: Report): string[] {
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  return [
    ...facts.map(([name, text]) => `${name.padEnd(width)}${text}`),
    problems.length === 0 ? "real containers can run here" : "real containers cannot run here (simulated ones can):",
    ...problems.map((problem) => `  - ${problem.replace(/^runtime containerd: /, "")}`),
    ...(found.length === 0 ? ["no clusters"] : found.flatMap(clusterLines)),
  ];
}

export async function doctor(io: Io, options: DoctorOptions): Promise<number> {
  const found = await report(io);
  if (options.output === "json") io.out(JSON.stringify({ ...found, facts: Object.fromEntries(found.facts) }, null, 2));
  else for (const line of reportLines(found)) io.out(line);
  return exitCodes.done;
}
