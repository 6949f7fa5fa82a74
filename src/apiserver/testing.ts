// A whole API server inside a test: memory store, manual clock, requests as text.
// Invariant: no socket, no timer of the machine, equal seeds give equal answers; waiting moves the clock.
// Called by: the tests beside this file. Next on the way: transcripts.test.ts.

import { createLog, type Log, macrotask, ManualClock, MetricRegistry, seededPrng, type SpanSink, SpanRing } from "#lib";
import { type HttpHandler, type HttpHeaders, type HttpResponse, readAll } from "#wire";
import { generateKeyPairSync } from "node:crypto";
import { type ApiServer, type ApiServerOptions, createApiServer } from "./index.ts";
import { type TestStore, testStore } from "./teststore.ts";

export interface Answer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly text: string;
}

export interface TestServer {
  readonly server: ApiServer;
  readonly store: TestStore;
  readonly clock: ManualClock;
  readonly spans: SpanRing;
  readonly metrics: MetricRegistry;
  readonly logged: string[];
  readonly admin: HttpHandler;
  ask(request: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly as?: HttpHandler;
  /** Address of the caller. */
  readonly peer?: string;
}

const patienceTurns = 20;
const stepMs = 1000;
const maxSteps = 60;
/** Of the machine's own time: no answer takes this long, however slow the machine is. */
const maxAnswerMs = 10_000;

/** Does not run while the store's answer is on its way. */
class PatientClock extends ManualClock {
  busy: () => boolean = () => false;
}

/** Waits for `promise`; whenever nothing happens any more, a second passes. */
export async function settle<Value>(clock: ManualClock, promise: Promise<Value>): Promise<Value> {
  const busy = (): boolean => clock instanceof PatientClock && clock.busy();
  let done = false;
  const finished = promise.finally(() => {
    done = true;
  });
  finished.catch(() => undefined);
  for (let step = 0; !done && step < maxSteps; step++) {
    for (let turn = 0; !done && (turn < patienceTurns || busy()); turn++) await macrotask();
    if (!done) clock.advance(stepMs);
  }
  return finished;
}

async function* bytes(body: string | Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (body !== undefined) yield Buffer.from(body as string);
}

function recordingLog(clock: ManualClock, lines: string[]): Log {
  return createLog(clock, (line) => void lines.push(line), "warn");
}

export async function testServer(given?: TestStore, ways: Pick<ApiServerOptions, "nodeProxy" | "outbound"> = {}): Promise<TestServer> {
  const clock = new PatientClock();
  const prng = seededPrng(7);
  const store = given ?? (await testStore({ clock, prng }));
  if (store.busy) clock.busy = store.busy;
  const spans = new SpanRing();
  const logged: string[] = [];
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const metrics = new MetricRegistry();
  const log = recordingLog(clock, logged);
  const sink: SpanSink = spans;
  const server = createApiServer({
    store,
    clock,
    prng,
    log,
    metrics,
    spans: sink,
    serviceAccountKey: privateKey,
    clientCa: "",
    version: "v1.36.3+dhow.1",
    ...ways,
  });
  await settle(clock, server.ready);
  const admin = server.handlerFor({ name: "admin", groups: ["system:masters", "system:authenticated"] });
  const ask = async ({ method, target, headers, body, as, peer = "" }: AskOptions): Promise<Answer> => {
    // A watch where a refusal was expected ends, too.
    const signal = AbortSignal.timeout(maxAnswerMs);
    const request = { method, target, headers: headers ?? {}, body: bytes(body), peer: { address: peer }, signal };
    const whole = async (): Promise<Answer> => read(await (as ?? admin)(request));
    return settle(clock, whole());
  };
  const close = async (): Promise<void> => {
    server.close();
    await store.close();
  };
  return { server, store, clock, spans, metrics, logged, admin, ask, close };
}

async function read(response: HttpResponse): Promise<Answer> {
  const text = (await readAll(response.body, 1 << 28)).toString("utf8");
  return { status: response.status, headers: response.headers, text };
}

/** POST as the administrator; the created object. */
export async function created(server: TestServer, target: string, object: object): Promise<Record<string, unknown>> {
  const answer = await server.ask({
    method: "POST",
    target,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(object),
  });
  if (answer.status !== 201) throw new Error(`POST ${target}: ${answer.text}`);
  return JSON.parse(answer.text) as Record<string, unknown>;
}
