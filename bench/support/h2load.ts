// h2load as a client: a C program, so that the two cores are the server's as far as possible.
// Invariant: installs nothing; says what is missing. Times are h2load's own, per request.
// Called by: apiserver.ts. Next on the way: percentile in cluster.ts.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { percentile } from "./cluster.ts";

export interface Load {
  readonly url: string;
  readonly token: string;
  readonly requests: number;
  readonly connections: number;
  readonly streams: number;
  /** A file to POST. */
  readonly body?: string;
}

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

export function h2loadMissing(): string | undefined {
  try {
    execFileSync("h2load", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "h2load is missing: install Debian's nghttp2-client";
  }
}

export function h2load({ url, token, requests, connections, streams, body }: Load): Measured {
  const folder = mkdtempSync(join(tmpdir(), "dhow-h2load-"));
  const log = join(folder, "log");
  try {
    const headers = [
      "-H",
      `authorization: Bearer ${token}`,
      ...(body === undefined ? [] : ["-H", "content-type: application/json", "-d", body]),
    ];
    const amount = ["-n", String(requests), "-c", String(connections), "-m", String(streams), "-t", "1"];
    const text = execFileSync("h2load", [...amount, ...headers, `--log-file=${log}`, url], { encoding: "utf8", maxBuffer: 1 << 26 });
    const perSecond = Number(/finished in [^,]+, ([0-9.]+) req\/s/.exec(text)?.[1]);
    const rows = readFileSync(log, "utf8").trim().split("\n");
    const fields = rows.map((row) => row.split("\t").map(Number));
    const milliseconds = fields.map(([, , microseconds]) => (microseconds ?? Number.NaN) / 1000);
    const failed = fields.filter(([, status]) => status !== 200 && status !== 201).length;
    return { perSecond, p50Ms: percentile(milliseconds, 50), p99Ms: percentile(milliseconds, 99), failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
