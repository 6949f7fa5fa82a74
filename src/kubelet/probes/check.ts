// One probe, run once: an HTTP GET, a TCP connection, or a command in the container.
// Invariant: ends within its timeout; every answer is healthy or not, with a reason in words; kinds we lack are unhealthy by name.
// Called by: probes.ts. Next on the way: the container.

import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Container, HTTPGetAction, Probe } from "#api";
import { type Cri, CriError } from "#cri";
import type { Clock } from "#lib";
import { checkGrpc } from "./grpc.ts";

export interface ProbeTarget {
  readonly cri: Cri;
  readonly containerId: string;
  readonly container: Container;
  readonly ip: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface ProbeResult {
  readonly healthy: boolean;
  readonly why: string;
}

function portOf(container: Container, port: number | string): number {
  if (typeof port === "number") return port;
  return container.ports?.find((one) => one.name === port)?.containerPort ?? Number(port);
}

function bounded(target: ProbeTarget, late: string, run: (done: (result: ProbeResult) => void) => () => void): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const timer = target.clock.after(target.timeoutMs, () => done({ healthy: false, why: late }));
    const cancel = run((result) => done(result));
    function done(result: ProbeResult): void {
      timer.cancel();
      cancel();
      resolve(result);
    }
  });
}

function httpGet(action: HTTPGetAction, target: ProbeTarget): Promise<ProbeResult> {
  const port = portOf(target.container, action.port);
  const host = action.host ?? target.ip;
  const path = action.path ?? "/";
  const scheme = (action.scheme ?? "HTTP").toLowerCase();
  const url = `${scheme}://${host}:${port}${path}`;
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.36", accept: "*/*", connection: "close" };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return bounded(target, `Get "${url}": context deadline exceeded`, (done) => {
    const start = scheme === "https" ? httpsRequest : httpRequest;
    const options = { host, port, path, headers, agent: false as const, rejectUnauthorized: false };
    const request = start(options, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      // A redirect counts as an answer, as upstream has it for other hosts.
      done(
        status >= 200 && status < 400
          ? { healthy: true, why: "" }
          : { healthy: false, why: `HTTP probe failed with statuscode: ${status}` },
      );
    });
    request.on("error", (error) => done({ healthy: false, why: `Get "${url}": ${error.message}` }));
    request.end();
    return () => request.destroy();
  });
}

function tcpSocket(action: { port: number | string; host?: string }, target: ProbeTarget): Promise<ProbeResult> {
  const port = portOf(target.container, action.port);
  const host = action.host ?? target.ip;
  return bounded(target, `dial tcp ${host}:${port}: i/o timeout`, (done) => {
    const socket = connect({ host, port }, () => done({ healthy: true, why: "" }));
    socket.on("error", (error) => done({ healthy: false, why: `dial tcp ${host}:${port}: ${error.message}` }));
    return () => socket.destroy();
  });
}

async function exec(command: readonly string[], target: ProbeTarget): Promise<ProbeResult> {
  const timeoutSeconds = Math.max(1, Math.ceil(target.timeoutMs / 1000));
  try {
    const result = await target.cri.execSync(target.containerId, command, timeoutSeconds);
    if (result.exitCode === 0) return { healthy: true, why: "" };
    return { healthy: false, why: Buffer.concat([result.stdout, result.stderr]).toString("utf8").slice(0, 10_240) };
  } catch (error) {
    if (error instanceof CriError && error.code === "DEADLINE_EXCEEDED")
      return { healthy: false, why: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${timeoutSeconds}s` };
    return { healthy: false, why: error instanceof Error ? error.message : String(error) };
  }
}

export function check(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  if (probe.exec) return exec(probe.exec.command ?? [], target);
  if (target.cri.endpoint.startsWith("simulated")) return Promise.resolve({ healthy: true, why: "" });
  if (probe.httpGet) return httpGet(probe.httpGet, target);
  if (probe.tcpSocket) return tcpSocket(probe.tcpSocket, target);
  if (probe.grpc) return checkGrpc(target.ip, probe.grpc.port, probe.grpc.service ?? "", target.timeoutMs, target.clock);
  return Promise.resolve({ healthy: false, why: "this kind of probe is not supported by dhow" });
}
