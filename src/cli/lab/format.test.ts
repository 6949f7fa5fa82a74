// The one-file form, read back; and output compared with elisions and captures.
// Invariant: every mistake in a page is refused with the file and the line.
// Called by: npm test. Next on the way: check.test.ts, over the real pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePage, sentenceBefore } from "./format.ts";
import { type Captures, matches, rewritten, substitute } from "./transcript.ts";

const text = `---
minutes: 2
needs: [curl]
world: up --runtime simulated
read: [src/lib/queue.ts#BoundedQueue.push@12ab]
breaks:
  unbounded:
    change: "src/lib/queue.ts#BoundedQueue.push: 'a' => 'b'"
    caughtBy: src/lib/lib.test.ts
  cut: touch cut
---
# A title

First. It prints \`one\` and no more:

\`\`\`run
$ echo one
one
$ cat <<X
> two
> X
two
\`\`\`

\`\`\`ts
const prose = true;
\`\`\`

\`\`\`predict
What now?
----
This.
\`\`\`

\`\`\`check one within 3s
$ echo one
one
\`\`\`

\`\`\`break cut
\`\`\`

\`\`\`heal
$ rm cut
\`\`\`
`;

test("a page", () => {
  const page = parsePage("labs/x/lab.md", text);
  assert.equal(page.title, "A title");
  assert.deepEqual(page.world, { kind: "up", flags: ["--runtime", "simulated"] });
  const simulated = parsePage("labs/x/lab.md", text.replace(/^world: .*$/m, "world: sim 30 --simulated-nodes 1"));
  assert.deepEqual(simulated.world, { kind: "sim", seed: 30, flags: ["--simulated-nodes", "1"] });
  assert.deepEqual(parsePage("labs/x/lab.md", text.replace(/^world: .*$/m, "world: members 3")).world, { kind: "members", count: 3 });
  assert.deepEqual(
    page.steps.map((step) => step.type),
    ["prose", "run", "prose", "predict", "check", "break", "heal"],
  );
  const run = page.steps[1]!;
  assert.ok(run.type === "run");
  assert.deepEqual(
    run.commands.map(({ command, expected }) => ({ command, expected })),
    [
      { command: "echo one", expected: ["one"] },
      { command: "cat <<X\ntwo\nX", expected: ["two"] },
    ],
  );
  assert.equal(page.lines[run.commands[0]!.line - 1], "$ echo one");
  assert.equal(sentenceBefore(page, run.line), "It prints `one` and no more:");
  const broken = parsePage("labs/x/lab.md", text.replace("```break", "## Break it\n\n```break"));
  assert.equal(
    sentenceBefore(broken, broken.lines.indexOf("```break cut") + 1),
    "It prints `one` and no more:",
    "a heading promises nothing",
  );
  assert.equal(page.breaks[0]?.mutant?.symbol, "BoundedQueue.push");
  assert.deepEqual(page.breaks[1], { name: "cut", reddens: "one", command: "touch cut" });
});

const mistakes: { name: string; change: [string, string]; problem: RegExp }[] = [
  { name: "no front matter", change: ["---\n", ""], problem: /:1: has no front matter/ },
  { name: "a world of one member", change: ["world: up --runtime simulated", "world: members 1"], problem: /known: none, sim SEED/ },
  { name: "an unknown world", change: ["world: up", "world: down"], problem: /known: none, sim SEED/ },
  { name: "a fence without an end", change: ["$ rm cut\n```\n", "$ rm cut\n"], problem: /the fence has no end/ },
  { name: "an odd bound", change: ["within 3s", "in 3s"], problem: /check NAME within 10s/ },
  { name: "a mutant nobody catches", change: ["    caughtBy: src/lib/lib.test.ts\n", ""], problem: /names no test/ },
  { name: "a key nobody knows", change: ["minutes", "minuets"], problem: /unknown "minuets"/ },
  { name: "output before a command", change: ["$ echo one\none\n$ cat", "one\n$ cat"], problem: /begins with `\$ command`/ },
];
for (const { name, change, problem } of mistakes)
  test(`refused: ${name}`, () => assert.throws(() => parsePage("labs/x/lab.md", text.replace(change[0], change[1])), problem));

const outputs: { expected: string[]; output: string; want: boolean; captured?: Record<string, string> }[] = [
  { expected: ["one"], output: "one\n", want: true },
  { expected: ["one"], output: "one\ntwo\n", want: false },
  { expected: ["one", "…"], output: "one\ntwo\nthree\n", want: true },
  { expected: ["…", "three"], output: "one\ntwo\nthree\n", want: true },
  { expected: ["a … c"], output: "a long c\n", want: true },
  { expected: ["pid <pid> is <pid>"], output: "pid 12 is 12\n", want: true, captured: { pid: "12" } },
  { expected: ["pid <pid> is <pid>"], output: "pid 12 is 13\n", want: false },
  { expected: ["NODE <none>"], output: "NODE x\n", want: false },
  { expected: [], output: "\n", want: true },
  { expected: ["a", "…", "b <x>", "…", "c <x>"], output: "a\nz\nb 1\nb 2\nc 1\n", want: true, captured: { x: "1" } },
  { expected: ["a", "…", "a"], output: "a\n", want: false },
  { expected: ["…", "e", "…", "e", "…", "e", "…", "e", "…", "x"], output: "e\n".repeat(5000), want: false },
];
for (const { expected, output, want, captured = {} } of outputs) {
  test(`${JSON.stringify(expected)} ${want ? "is" : "is not"} ${JSON.stringify(output)}`, () => {
    const captures: Captures = new Map();
    assert.equal(matches(expected, output, captures), want);
    assert.deepEqual(Object.fromEntries(captures), captured);
  });
}

test("captures go into commands, and back into rewritten output", () => {
  const captures: Captures = new Map([["pod", "web-7f9"]]);
  assert.equal(substitute("get <pod> <other>", captures), "get web-7f9 <other>");
  assert.deepEqual(rewritten("pod web-7f9 gone\n", captures), ["pod <pod> gone"]);
});
