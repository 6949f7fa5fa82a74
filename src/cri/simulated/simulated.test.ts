// The simulated runtime behaves as a real one: states, exit codes, events after states, stop with and without patience.
// Invariant: time is the test's; nothing outside this process is touched.
// Called by: npm test.

import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { macrotask, ManualClock, noSpans, seededPrng, SpanRing } from "#lib";
import type { Cri, CriEvent } from "../contract.ts";
import type { CriError } from "../errors.ts";
import type { ContainerConfig, PodSandboxConfig } from "../messages.ts";
import { behaviourOf } from "./behaviour.ts";
import { fileJournal } from "./journal.ts";
import { simulatedCri } from "./runtime.ts";

const sandbox: PodSandboxConfig = {
  metadata: { name: "p", uid: "u", namespace: "n", attempt: 0 },
  logDirectory: "/logs/p",
  labels: { app: "web", constructor: "x" },
  annotations: {},
};
const container = (command: readonly string[]): ContainerConfig => ({
  metadata: { name: "c", attempt: 0 },
  image: { image: "i" },
  command,
  args: [],
  envs: [],
  mounts: [],
  labels: {},
  annotations: {},
  logPath: "c/0.log",
});

function world() {
  const clock = new ManualClock();
  const logs: string[] = [];
  const events: CriEvent[] = [];
  const writeLog = (path: string, line: string): void => void logs.push(`${path}: ${line}`);
  const cri = simulatedCri({ clock, prng: seededPrng(1), spans: noSpans, addressPrefix: "10.244.3", writeLog });
  cri.events({ event: (event) => void events.push(event) });
  return { clock, cri, logs, events };
}

async function started(cri: Cri, command: readonly string[]): Promise<{ sandboxId: string; id: string }> {
  const sandboxId = await cri.runPodSandbox(sandbox);
  const id = await cri.createContainer(sandboxId, container(command), sandbox);
  await cri.startContainer(id);
  return { sandboxId, id };
}

test("a container prints, sleeps and ends with its status; the event comes after the state", async () => {
  const { clock, cri, logs, events } = world();
  const { id, sandboxId } = await started(cri, ["sh", "-c", "echo hi; sleep 2; exit 3"]);
  clock.advance(1);
  assert.deepEqual(logs, ["/logs/p/c/0.log: 2026-01-01T00:00:00.000Z stdout F hi\n"]);
  assert.equal((await cri.containerStatus(id))?.state, "CONTAINER_RUNNING");
  clock.advance(2000);
  const status = await cri.containerStatus(id);
  assert.deepEqual([status?.state, status?.exitCode, status?.reason], ["CONTAINER_EXITED", 3, "Error"]);
  assert.deepEqual(events.at(-1), { kind: "stopped", containerId: id, exitCode: 3 });
  assert.equal((await cri.podSandboxStatus(sandboxId))?.network?.ip, "10.244.3.2");
});

test("stopping: SIGTERM ends at once, a deaf container at the end of its grace", async () => {
  const { clock, cri } = world();
  const polite = await started(cri, ["sleep", "infinity"]);
  await cri.stopContainer(polite.id, 30);
  assert.equal((await cri.containerStatus(polite.id))?.exitCode, 143);
  const deaf = await started(cri, ["sh", "-c", 'trap "" TERM; serve']);
  const stopping = cri.stopContainer(deaf.id, 30);
  clock.advance(29_000);
  assert.equal((await cri.containerStatus(deaf.id))?.state, "CONTAINER_RUNNING");
  clock.advance(1000);
  await stopping;
  assert.equal((await cri.containerStatus(deaf.id))?.exitCode, 137);
});

test("labels select by own keys only; unknown things are undefined, not errors", async () => {
  const { cri } = world();
  await cri.runPodSandbox(sandbox);
  assert.equal((await cri.listPodSandbox({ constructor: "x" })).length, 1);
  assert.equal((await cri.listPodSandbox({ toString: "x" })).length, 0);
  assert.equal(await cri.containerStatus("nope"), undefined);
  await cri.stopContainer("nope", 1);
  await cri.removePodSandbox("nope");
});

test("images: a missing one is refused in the runtime's form, with a span in the caller's trace", async () => {
  const spans = new SpanRing();
  const clock = new ManualClock();
  const cri = simulatedCri({ clock, prng: seededPrng(1), spans, addressPrefix: "10.244.3" });
  const trace = { traceId: "a".repeat(32), spanId: "b".repeat(16) };
  await assert.rejects(cri.pullImage("no-such:1", undefined, { trace }), (error: CriError) => {
    assert.equal(error.rpcText, 'rpc error: code = NotFound desc = failed to pull and unpack image "no-such:1": not found');
    return true;
  });
  assert.deepEqual(
    spans.spans.map((span) => [span.name, span.traceId, span.parentSpanId, span.attributes["outcome"]]),
    [["cri PullImage", trace.traceId, trace.spanId, "NOT_FOUND"]],
  );
});

test("a journal carries what runs over the end of the process, to the moment it ends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-simulated-"));
  try {
    const clock = new ManualClock();
    const open = () =>
      simulatedCri({
        clock,
        prng: seededPrng(clock.nowMs()),
        spans: noSpans,
        addressPrefix: "10.244.3",
        journal: fileJournal(join(folder, "runtime")),
      });
    const first = open();
    const { id, sandboxId } = await started(first, ["sh", "-c", "sleep 10; exit 5"]);
    const gone = await started(first, ["httpd"]);
    await first.removePodSandbox(gone.sandboxId);
    first.close();
    appendFileSync(join(folder, "runtime"), '["cut off by a kill');
    const second = open();
    assert.deepEqual(
      (await second.listPodSandbox()).map((one) => one.id),
      [sandboxId],
    );
    assert.equal((await second.containerStatus(id))?.state, "CONTAINER_RUNNING");
    clock.advance(10_000);
    assert.equal((await second.containerStatus(id))?.exitCode, 5);
    assert.equal((await second.podSandboxStatus(await second.runPodSandbox(sandbox)))?.network?.ip, "10.244.3.3");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a call waits for its turn before it does anything", async () => {
  const turns: (() => void)[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => turns.push(resolve));
  const cri = simulatedCri({ clock: new ManualClock(), prng: seededPrng(1), spans: noSpans, turn, addressPrefix: "10.244.3" });
  let id: string | undefined;
  const running = cri.runPodSandbox(sandbox).then((made) => (id = made));
  await macrotask();
  assert.equal(id, undefined);
  assert.equal(turns.length, 1);
  turns[0]!();
  assert.match(await running, /^[0-9a-f]{64}$/);
});

test("commands", () => {
  const summary = (...argv: string[]): string => {
    const { lines, exit, ignoresTerm } = behaviourOf(argv);
    return `${lines.map((step) => step.line).join("|")} ${exit ? `${exit.exitCode}@${exit.afterMs}` : "runs"}${ignoresTerm ? " deaf" : ""}`.trim();
  };
  assert.equal(summary(), "runs");
  assert.equal(summary("httpd", "-f"), "runs");
  assert.equal(summary("true"), "0@0");
  assert.equal(summary("/bin/false"), "1@0");
  assert.equal(summary("sleep", "1.5"), "0@1500");
  assert.equal(summary("sh", "-c", "echo 'a b' && sleep 1m; false"), "a b 1@60000");
  assert.equal(summary("/bin/sh", "-c", "trap '' TERM; sleep infinity"), "runs deaf");
});
