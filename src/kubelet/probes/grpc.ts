// A gRPC probe: grpc.health.v1.Health/Check over plain HTTP/2, by hand.
// Invariant: one call, one connection, bounded by the timeout; the words of a failure are upstream's.
// Called by: check.ts. Next on the way: the container. Format: gRPC over HTTP/2; one message is a flag byte, a length, protobuf.

import { connect, constants } from "node:http2";
import type { Clock } from "#lib";
import type { ProbeResult } from "./check.ts";

const serving = 1;
const statusNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;
const codes = { deadlineExceeded: 4, unimplemented: 12 } as const;
const codeNames: Readonly<Record<number, string>> = {
  2: "Unknown",
  5: "NotFound",
  7: "PermissionDenied",
  13: "Internal",
  14: "Unavailable",
};

/** HealthCheckRequest{service = 1}, as one gRPC message. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const length = name.length < 128 ? [name.length] : [(name.length & 127) | 128, name.length >> 7];
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...length]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** HealthCheckResponse{status = 1}; an empty message is the default, UNKNOWN. */
export function healthStatus(body: Buffer): number {
  if (body.length < 7) return 0;
  return body[5] === 0x08 ? body[6]! : 0;
}

function verdict(code: number, text: string, body: Buffer, timeoutMs: number): ProbeResult {
  const failed = (why: string): ProbeResult => ({ healthy: false, why });
  if (code === codes.unimplemented)
    return failed(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${text}`);
  if (code === codes.deadlineExceeded) return failed(`timeout: health rpc did not complete within ${timeoutMs / 1000}s`);
  if (code !== 0) return failed(`error: health rpc probe failed: rpc error: code = ${codeNames[code] ?? code} desc = ${text}`);
  const status = healthStatus(body);
  if (status === serving) return { healthy: true, why: "" };
  return failed(`service unhealthy (responded with "${statusNames[status] ?? status}")`);
}

export function checkGrpc(ip: string, port: number, service: string, timeoutMs: number, clock: Clock): Promise<ProbeResult> {
  const address = ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
  return new Promise((resolve) => {
    let connected = false;
    const session = connect(`http://${address}`);
    const done = (result: ProbeResult): void => {
      timer.cancel();
      session.destroy();
      resolve(result);
    };
    // Upstream's client dials until the time is over: whatever went wrong, it says this.
    const unreachable = `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`;
    const broken = (why: string): ProbeResult => ({
      healthy: false,
      why: connected ? `error: health rpc probe failed: ${why}` : unreachable,
    });
    const timer = clock.after(timeoutMs, () =>
      done(connected ? verdict(codes.deadlineExceeded, "", Buffer.alloc(0), timeoutMs) : broken("")),
    );
    session.on("error", (error) => done(broken(error.message)));
    session.on("connect", () => {
      connected = true;
    });
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      [constants.HTTP2_HEADER_USER_AGENT]: "kube-probe/1.36",
    });
    const parts: Buffer[] = [];
    let code: number | undefined;
    let text = "";
    const take = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers["grpc-status"] === undefined) return;
      code = Number(headers["grpc-status"]);
      const message = headers["grpc-message"];
      text = typeof message === "string" ? decodeURIComponent(message) : "";
    };
    stream.on("response", take);
    stream.on("trailers", take);
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", (error) => done(broken(error.message)));
    stream.on("end", () => done(verdict(code ?? 2, code === undefined ? "no status received" : text, Buffer.concat(parts), timeoutMs)));
    stream.end(healthRequest(service));
  });
}
