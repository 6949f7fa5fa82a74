// What Kubernetes answers, word for word: requests and the recorded answers of a real kube-apiserver, asked of ours.
// Invariant: a transcript is never edited to fit; what changes from run to run (uids, times, versions) is masked on both sides.
// Called by: node --test. The transcripts lie in testdata/.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { HttpHandler } from "#wire";
import { type Answer, created, testServer, type TestServer } from "./testing.ts";

interface Step {
  readonly request: string;
  readonly want: string;
}

function steps(name: string): Step[] {
  const text = readFileSync(new URL(`./testdata/${name}.txt`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split(/\n\n(?=[A-Z]+ \/)/)
    .map((part) => {
      const [request = "", want = ""] = part.split("\n----\n");
      return { request, want: want.trimEnd() };
    });
}

function mask(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
    .replace(/20\d\d-\d\d-\d\dT[0-9:]+Z/g, "TIME")
    .replace(/"resourceVersion":"\d+"/g, '"resourceVersion":"N"')
    .replace(/resourceVersion\\":\\"\d+/g, 'resourceVersion\\":\\"N')
    .replace(/(resourceVersion: )"\d+"/g, '$1"N"')
    .replace(/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-X")
    .replace(/current: \d+/g, "current: N")
    .replace(/in record \(\d+\)/g, "in record (N)")
    .replace(/"continue":"[^"]+"/g, '"continue":"TOKEN"');
}

/** `warnings.txt` is about headers: of answers that are no failures it holds no bodies. */
function shown({ status, headers, text: body }: Answer, name: string): string {
  const text = name === "warnings" && status < 400 ? "" : body;
  const warnings = ((headers["warning"] ?? []) as string[]).map((warning) => `warning: ${warning}`);
  return [String(status), ...warnings, ...(text === "" ? [] : [text])].join("\n").trimEnd();
}

async function ask(server: TestServer, { request }: Step): Promise<Answer> {
  const lines = request.split("\n");
  const [method = "", target = "", , user] = lines[0]!.split(" ");
  const headers: Record<string, string> = { "user-agent": "x" };
  let at = 1;
  for (; at < lines.length && /^[a-z-]+: /.test(lines[at]!); at++) {
    const [name = "", value = ""] = lines[at]!.split(/: (.*)/);
    headers[name] = value;
  }
  const as: HttpHandler | undefined =
    user === undefined ? undefined : server.server.handlerFor({ name: user, groups: ["system:authenticated"] });
  const body = at < lines.length ? { body: lines.slice(at).join("\n") } : {};
  return server.ask({ method, target, headers, ...body, ...(as && { as }) });
}

for (const name of ["writes", "reads", "pods", "access", "bytes", "bindings", "debug", "warnings"]) {
  test(`transcript ${name}`, async (t) => {
    const server = await testServer();
    t.after(() => server.close());
    await created(server, "/api/v1/namespaces", { metadata: { name: "story" } });
    await created(server, "/api/v1/namespaces/story/serviceaccounts", { metadata: { name: "default" } });
    for (const step of steps(name)) {
      const got = shown(await ask(server, step), name);
      await t.test(step.request.split("\n").join(" "), () => assert.equal(mask(got), mask(step.want)));
    }
  });
}
