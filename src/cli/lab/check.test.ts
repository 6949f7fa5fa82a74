// The real labs and chapters against the real source; and planted drift, which must be told with the sentence it spoils.
// Invariant: a renamed symbol, a changed body, a mutant that no longer fits and an undeclared tool all fail here.
// Called by: npm test. Next on the way: `npm run labs`, which plays the same pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkPage, excerptText, filled, fromTree, type ReadSource } from "./check.ts";
import { parsePage } from "./format.ts";
import { entries, readPage, sourceRoot } from "./library.ts";
import { toolsOf } from "./needs.ts";

const tree = fromTree(sourceRoot);
const all = [...entries(sourceRoot, "labs"), ...entries(sourceRoot, "docs/tour")];

for (const { path } of all) test(`${path} is true to the source`, () => assert.deepEqual(checkPage(readPage(sourceRoot, path), tree), []));

test("labs/README.md lists every lab under its title, and no other", () => {
  const listed = [...(tree("labs/README.md") ?? "").matchAll(/\[(\d+)\]\(([\w-]+\/lab\.md)\) (.*?)(?=<br>| \|)/g)];
  const labs = entries(sourceRoot, "labs").map(({ number, path }) => `${number} ${path} ${readPage(sourceRoot, path).title}`);
  assert.deepEqual(listed.map(([, number, path, title]) => `${number} labs/${path} ${title}`).toSorted(), labs.toSorted());
});

const source = `export class Queue {
  push(item: string): boolean {
    if (this.full) return false;
    return true;
  }
}
`;
const text = `---
minutes: 2
needs: [curl]
read: [src/queue.ts#Queue.push]
breaks:
  unbounded:
    change: "src/queue.ts#Queue.push: 'this.full' => 'false'"
    caughtBy: src/queue.test.ts
---
# Bounds

A queue says no at its bound: \`push\` returns false. Nothing else happens.

<!-- src/queue.ts#Queue.push -->
\`\`\`ts
\`\`\`

\`\`\`check bounded
$ curl x
\`\`\`

\`\`\`break unbounded
\`\`\`

\`\`\`heal
\`\`\`
`;
const reading =
  (queue: string | undefined): ReadSource =>
  (path) =>
    path === "src/queue.ts" ? queue : "x";
const page = parsePage("labs/99-x/lab.md", filled(parsePage("labs/99-x/lab.md", text), reading(source), false));

test("excerpts are filled in, hashes are noted, and then all is well", () => {
  assert.deepEqual(checkPage(page, reading(source)), []);
  assert.match(page.lines.join("\n"), /read: \[src\/queue.ts#Queue.push@[0-9a-f]{4}]/);
  assert.equal(
    excerptText({ file: "src/queue.ts", symbol: "Queue.push" }, reading(source))?.split("\n")[1],
    "  if (this.full) return false;",
  );
});

const drifts: { name: string; queue: string | undefined; problem: RegExp }[] = [
  {
    name: "a changed body",
    queue: source.replace("true", "!false"),
    problem: /has changed, it is @.*"A queue says no at its bound: `push` returns/,
  },
  {
    name: "a renamed symbol",
    queue: source.replace("push", "add"),
    problem: /has no Queue.push any more. Perhaps wrong now: "A queue says no/,
  },
  { name: "a file that is gone", queue: undefined, problem: /src\/queue.ts does not exist. Perhaps wrong now/ },
  { name: "a mutant's text twice", queue: source.replace("false;", "this.full;"), problem: /"this.full" stands 2 times/ },
];
for (const { name, queue, problem } of drifts)
  test(`told: ${name}`, () => assert.match(checkPage(page, reading(queue)).join("\n"), problem));

test("told: an undeclared tool, an unhealed break, a chapter without its sections", () => {
  const broken = parsePage("docs/tour/99-x.md", page.lines.join("\n").replace("[curl]", "[]").replace("```heal\n```\n", ""));
  const problems = checkPage(broken, reading(source)).join("\n");
  assert.match(problems, /calls curl, which `needs` does not name/);
  assert.match(problems, /break unbounded is not healed/);
  assert.match(problems, /has no section "Elsewhere"/);
});

const shells: { command: string; tools: string[] }[] = [
  { command: "kubectl get pods | grep web", tools: ["kubectl"] },
  { command: "A=1 etcdctl put a 'curl x' && printf x | curl -s y >/dev/null 2>&1", tools: ["etcdctl", "curl"] },
  { command: "pid=$(pgrep -f x); kill -9 $pid # kubectl", tools: [] },
  { command: "cat <<X | kubectl apply -f -\nkind: strace\nX", tools: ["kubectl"] },
];
for (const { command, tools } of shells) test(`tools of ${JSON.stringify(command)}`, () => assert.deepEqual(toolsOf(command), tools));
