// Records the stories anew from a reference: `sh bin/node conformance/ownership/record.ts SERVER CA CERT KEY FILE…`.
// Invariant: only a real kube-apiserver is a reference, one without controllers, for they would write into the stories; every request
//   has a second of its own, so that times tell who moved them.
// Called by: people, when stories are added. Next on the way: ownership.test.ts.

import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request as send } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, format, masker, parse, type Sent, sent, type Step, type Story } from "./story.ts";

const [server, ca, cert, key, ...files] = process.argv.slice(2);
if (!server || !ca || !cert || !key || files.length === 0) {
  console.error("usage: record.ts SERVER CA CERT KEY FILE…");
  process.exit(2);
}
const agent = new Agent({ ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key), keepAlive: true });

const atOnce = 12;

async function ask({ method, target, headers, body }: Sent): Promise<Answer> {
  const now = Date.now();
  await sleep(1050 - (now % 1000));
  return new Promise((resolve, reject) => {
    const outgoing = send(new URL(target, server), { method, headers, agent }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("error", reject);
      response.on("end", () => {
        const warning = response.headers["warning"];
        resolve({ status: response.statusCode ?? 0, warnings: warning === undefined ? [] : [warning], text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function record(story: Story, number: number): Promise<Story> {
  const mask = masker();
  const steps: Step[] = [];
  let last = "";
  for (const step of story.steps) {
    const answer = await ask(sent(step, number, last));
    last = answer.text;
    steps.push({ ...step, answer: mask(answer) });
  }
  return { ...story, steps };
}

const json = { "content-type": "application/json", "user-agent": "setup" };
await ask({ method: "POST", target: "/api/v1/namespaces", headers: json, body: '{"metadata":{"name":"story"}}' });
const account = {
  method: "POST",
  target: "/api/v1/namespaces/story/serviceaccounts",
  headers: json,
  body: '{"metadata":{"name":"default"}}',
};
await ask(account);
for (const file of files) {
  const stories = parse(readFileSync(file, "utf8"));
  // Stories of different objects do not disturb each other, as long as a request ends in the second it began in.
  const recorded: Story[] = [];
  for (let at = 0; at < stories.length; at += atOnce)
    recorded.push(...(await Promise.all(stories.slice(at, at + atOnce).map((story, index) => record(story, at + index + 1)))));
  writeFileSync(file, format(recorded));
  console.log(`${file}: ${recorded.length} stories`);
}
agent.destroy();
