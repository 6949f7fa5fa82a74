// A cluster to measure: brought up by the launcher as a user would, its processes looked at from outside.
// Invariant: a home of its own in the temporary folder; `destroy` takes the cluster and the folder away.
// Called by: scale.ts, apiserver.ts. Next on the way: bin/dhow; compose/process-metrics.ts for what the processes tell.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HttpsTransport, httpsTransport } from "#client";
import { credentialsOf, readKubeconfig } from "#config";
import { readAll } from "#wire";

const launcher = join(import.meta.dirname, "../../bin/dhow");
const name = "bench";

interface Part {
  readonly name: string;
  readonly pid?: number;
  readonly memoryBytes?: number;
}

export interface Lag {
  readonly name: string;
  readonly p99: number;
  readonly max: number;
}

export function percentile(values: readonly number[], which: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * which) / 100))] ?? Number.NaN;
}

/** User and system time of a process in milliseconds; the kernel counts hundredths of a second. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function pssBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) * 1024;
}

export async function transportFor(kubeconfig: string): Promise<HttpsTransport> {
  const { server, ca, cert, key, token } = credentialsOf(await readKubeconfig(readFileSync(kubeconfig, "utf8")), (path) =>
    readFileSync(path, "utf8"),
  );
  return httpsTransport({
    server,
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(token ? { token } : {}),
    userAgent: "dhow-bench/1",
  });
}

export class BenchCluster {
  readonly home = mkdtempSync(join(tmpdir(), "dhow-bench-"));
  #transport: HttpsTransport | undefined;

  dhow(...args: string[]): string {
    return execFileSync(launcher, [...args, "--name", name], {
      encoding: "utf8",
      env: { ...process.env, DHOW_HOME: this.home, NO_COLOR: "1" },
    });
  }

  get kubeconfig(): string {
    return join(this.home, name, "kubeconfig");
  }

  async up(...flags: string[]): Promise<void> {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
    // Whoever read along has gone: nothing is left to measure for.
    process.stdout.on("error", () => process.exit(1));
    process.once("exit", () => this.destroy());
    this.dhow("up", "--detach", "--quiet", "--port", "0", ...flags);
    this.#transport = await transportFor(this.kubeconfig);
  }

  /** As the admin. */
  get transport(): HttpsTransport {
    return this.#transport!;
  }

  parts(): readonly Part[] {
    return (JSON.parse(this.dhow("status", "-o", "json")) as { parts: Part[] }).parts;
  }

  /** Each process's share of the memory: what several map counts for each in part. */
  memory(): readonly { name: string; bytes: number }[] {
    return this.parts().flatMap(({ name: part, pid }) => (pid === undefined ? [] : [{ name: part, bytes: pssBytes(pid) }]));
  }

  /** Requests so far by verb and resource, and by code where it was no success. */
  async requests(): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const line of (await this.metrics()).split("\n")) {
      if (!line.startsWith("apiserver_request_total{")) continue;
      const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? "";
      const refused = label("code").startsWith("2") ? "" : `, ${label("code")}`;
      const what = `${label("verb")} ${label("resource")}${refused}`;
      found.set(what, (found.get(what) ?? 0) + Number(line.slice(line.lastIndexOf(" ") + 1)));
    }
    return found;
  }

  cpu(): ReadonlyMap<number, { name: string; ms: number }> {
    return new Map(this.parts().flatMap(({ name: part, pid }) => (pid === undefined ? [] : [[pid, { name: part, ms: cpuMs(pid) }]])));
  }

  cpuSince(before: ReadonlyMap<number, { name: string; ms: number }>): readonly { name: string; ms: number }[] {
    return [...before].map(([pid, { name: part, ms }]) => ({ name: part, ms: cpuMs(pid) - ms }));
  }

  /** Prometheus' text, by default the control plane's. */
  async metrics(transport = this.transport): Promise<string> {
    const { body } = await transport.request({ method: "GET", target: "/metrics" });
    return (await readAll(body, 1 << 24)).toString();
  }

  /** How late the event loops were since the last time this was asked. */
  async lag(): Promise<readonly Lag[]> {
    const node = await this.#anySimulatedNode();
    const asked: [string, HttpsTransport][] = [["control-plane", this.transport]];
    if (node) asked.push(["nodes-simulated", node]);
    const found: Lag[] = [];
    for (const [part, transport] of asked) {
      const text = await this.metrics(transport);
      const figure = (which: string): number => Number(new RegExp(`^nodejs_eventloop_lag_${which}_seconds (.*)$`, "m").exec(text)?.[1]);
      found.push({ name: part, p99: figure("p99"), max: figure("max") });
    }
    return found;
  }

  #nodes: HttpsTransport | undefined;
  #destroyed = false;

  /** The port that all simulated nodes share. */
  async #anySimulatedNode(): Promise<HttpsTransport | undefined> {
    if (this.#nodes) return this.#nodes;
    const { body, status } = await this.transport.request({ method: "GET", target: `/api/v1/nodes/${name}-sim-1` });
    if (status !== 200) return undefined;
    const node = JSON.parse((await readAll(body, 1 << 24)).toString()) as {
      status: { daemonEndpoints: { kubeletEndpoint: { Port: number } } };
    };
    const pki = (file: string): string => readFileSync(join(this.home, name, "pki", file), "utf8");
    const admin = credentialsOf(await readKubeconfig(readFileSync(this.kubeconfig, "utf8")), (path) => readFileSync(path, "utf8"));
    this.#nodes = httpsTransport({
      server: `https://127.0.0.1:${node.status.daemonEndpoints.kubeletEndpoint.Port}`,
      ca: pki("ca.crt"),
      cert: admin.cert!,
      key: admin.key!,
      userAgent: "dhow-bench/1",
    });
    return this.#nodes;
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#nodes?.close();
    this.#transport?.close();
    try {
      this.dhow("down", "--purge");
    } finally {
      rmSync(this.home, { recursive: true, force: true });
    }
  }
}
