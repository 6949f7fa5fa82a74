// A gRPC probe against a server of HTTP/2 by hand; the rotation of logs; a container's last output.
// Invariant: a free port of the loopback interface, closed at the end.
// Called by: npm test.

import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemClock } from "#lib";
import { rotationPlan } from "../logs/rotate.ts";
import { lastOutput } from "../status/termination.ts";
import { checkGrpc, healthRequest, healthStatus } from "./grpc.ts";

test("the messages of the health protocol", () => {
  assert.equal(healthRequest("").toString("hex"), "0000000000");
  assert.equal(healthRequest("a.B").toString("hex"), "00000000050a03612e42");
  assert.equal(healthStatus(Buffer.from("00000000020801", "hex")), 1);
  assert.equal(healthStatus(Buffer.from("0000000000", "hex")), 0);
});

test("healthy, unhealthy, unknown, and not there at all", async () => {
  const server = createServer();
  const answers = new Map([
    ["", ["00000000020801", "0"]],
    ["bad", ["00000000020802", "0"]],
    ["none", ["", "12"]],
  ]);
  const seen: string[] = [];
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    seen.push(String(headers[":path"]));
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      const [body, code] = answers.get(Buffer.concat(parts).subarray(7).toString())!;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": code!, "grpc-message": "no%20such" }));
      stream.end(Buffer.from(body!, "hex"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (service: string) => checkGrpc("127.0.0.1", port, service, 2000, systemClock());
  assert.deepEqual(await ask(""), { healthy: true, why: "" });
  assert.deepEqual(await ask("bad"), { healthy: false, why: 'service unhealthy (responded with "NOT_SERVING")' });
  assert.deepEqual(await ask("none"), {
    healthy: false,
    why: "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): no such",
  });
  assert.equal(seen[0], "/grpc.health.v1.Health/Check");
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await ask("")).why, `timeout: failed to connect service "127.0.0.1:${port}" within 2s: context deadline exceeded`);
});

test("of five files one is written and one is about to be put aside: three older ones stay, compressed", () => {
  assert.deepEqual(rotationPlan(["a.gz", "b.gz", "c.gz", "d"], 5), { remove: ["a.gz"], compress: ["d"] });
  assert.deepEqual(rotationPlan([], 5), { remove: [], compress: [] });
});

test("the last output is at most eighty lines and 2048 bytes, without times", () => {
  const line = (text: string): string => `2026-01-01T00:00:00Z stderr F ${text}\n`;
  assert.equal(lastOutput(Buffer.from(line("one") + line("two"))), "one\ntwo\n");
  const many = Array.from({ length: 100 }, (_, index) => line(String(index))).join("");
  assert.equal(lastOutput(Buffer.from(many)).split("\n").length, 81);
  assert.equal(lastOutput(Buffer.from(line("x".repeat(5000)))).length, 2048);
  assert.equal(lastOutput(Buffer.from(`half a line\n${line("whole")}`)), "whole\n");
});
