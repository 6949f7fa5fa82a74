// A group of members, told: commands come in a line each (`members 3`, `campaign 1`, `crash 1` …), what members say and become goes out.
// Invariant: no time passes and no message moves unless a command says so; the state machine is the real one.
// Called by: lab.md beside it, lab 22. Next on the way: src/raft/story.ts, which knows the words.

import { readFileSync } from "node:fs";
import { Story } from "#raft/story";

const story = new Story();
for (const line of readFileSync(process.argv[2] ?? 0, "utf8").split("\n")) {
  if (line.trim() === "" || line.startsWith("#")) continue;
  for (const told of story.run(line.trim())) console.log(told);
}
