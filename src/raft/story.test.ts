// Stories: commands, `----`, what the members said and became. Each file is about one subject, and starts its own group.
// Invariant: testdata/*.txt reads exactly so. UPDATE=1 rewrites what stands below the lines, and people review the difference.
// Called by: the test runner. Next on the way: testdata/election.txt, then story.ts for the words.

// oxlint-disable no-restricted-imports, no-restricted-globals -- the rule keeps I/O out of the state machine; its test reads files.
import { strictEqual } from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Story } from "./story.ts";

const folder = new URL("./testdata/", import.meta.url);

function play(file: string): string {
  const story = new Story();
  return `${file
    .trimEnd()
    .split(/\n\n(?=#|[a-z])/)
    .map((part) => {
      const [commands = ""] = part.split("\n----");
      const lines = commands.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      if (lines.length === 0) return commands;
      return `${commands}\n----\n${lines.flatMap((line) => story.run(line)).join("\n")}`.trimEnd();
    })
    .join("\n\n")}\n`;
}

for (const name of readdirSync(folder)) {
  test(`story: ${name}`, () => {
    const file = readFileSync(new URL(name, folder), "utf8");
    const played = play(file);
    if (process.env["UPDATE"]) writeFileSync(new URL(name, folder), played);
    else strictEqual(played, file);
  });
}
