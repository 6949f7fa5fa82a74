// Every recorded story of ownership, told to our API server: each answer has to be the same, managedFields included.
// Invariant: nothing is edited to fit; a second passes before each request, as it did when the stories were recorded.
// Called by: node --test. The stories lie beside this file.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createApiServer } from "#apiserver";
import { createLog, macrotask, ManualClock, MetricRegistry, seededPrng, SpanRing } from "#lib";
import { memoryStore } from "#store";
import { type HttpHandler, readAll } from "#wire";
import { type Answer, masker, parse, type Sent, sent } from "./story.ts";

const folder = import.meta.dirname;
const maxTurns = 10_000;

/** Lets everything happen that waits for nothing but its turn. */
async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  let done = false;
  const finished = promise.finally(() => {
    done = true;
  });
  finished.catch(() => undefined);
  for (let turn = 0; !done && turn < maxTurns; turn++) await macrotask();
  return finished;
}

async function* stream(body: string | undefined): AsyncGenerator<Uint8Array> {
  if (body !== undefined) yield Buffer.from(body);
}

async function answerOf(handler: HttpHandler, { method, target, headers, body }: Sent): Promise<Answer> {
  const signal = new AbortController().signal;
  const response = await handler({ method, target, headers, body: stream(body), peer: { address: "" }, signal });
  const warning = response.headers["warning"] as readonly string[] | undefined;
  const text = (await readAll(response.body, 1 << 24)).toString("utf8");
  return { status: response.status, warnings: warning === undefined ? [] : [warning.join(", ")], text };
}

interface Subject {
  ask(request: Sent): Promise<Answer>;
  close(): Promise<void>;
}

async function subject(): Promise<Subject> {
  const clock = new ManualClock();
  const prng = seededPrng(7);
  const store = memoryStore({ clock, prng });
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const log = createLog(clock, () => undefined, "error");
  const parts = { store, clock, prng, log, metrics: new MetricRegistry(), spans: new SpanRing() };
  const server = createApiServer({ ...parts, serviceAccountKey: privateKey, clientCa: "", version: "v1.36.3" });
  await settled(server.ready);
  const handler = server.handlerFor({ name: "admin", groups: ["system:masters", "system:authenticated"] });
  const ask = (request: Sent): Promise<Answer> => {
    clock.advance(1000);
    return settled(answerOf(handler, request));
  };
  const headers = { "content-type": "application/json", "user-agent": "setup" };
  await ask({ method: "POST", target: "/api/v1/namespaces", headers, body: '{"metadata":{"name":"story"}}' });
  const target = "/api/v1/namespaces/story/serviceaccounts";
  await ask({ method: "POST", target, headers, body: '{"metadata":{"name":"default"}}' });
  return {
    ask,
    async close() {
      server.close();
      await store.close();
    },
  };
}

for (const file of globSync("*.txt", { cwd: folder }).toSorted()) {
  test(`ownership: ${file.replace(".txt", "")}`, async (t) => {
    const server = await subject();
    for (const [index, story] of parse(readFileSync(join(folder, file), "utf8")).entries()) {
      await t.test(story.name, async () => {
        const mask = masker();
        let last = "";
        for (const step of story.steps) {
          const answer = await server.ask(sent(step, index + 1, last));
          last = answer.text;
          assert.equal(mask(answer), step.answer, step.request);
        }
      });
    }
    await server.close();
  });
}
