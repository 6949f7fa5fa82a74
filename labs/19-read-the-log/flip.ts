// A bit that was a 0 is a 1: what a tired disk does to one byte of the log, some day.
// Invariant: changes one bit of one byte and nothing else; says which.
// Called by: lab.md beside it. Next on the way: src/store/wal/frame.ts, whose checksum notices.

import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

const name = readdirSync("data")
  .filter((one) => one.endsWith(".wal"))
  .toSorted()
  .at(-1)!;
const path = join("data", name);
const at = process.argv[2] === "last" ? statSync(path).size - 1 : Number(process.argv[2]);
const file = openSync(path, "r+");
const byte = Buffer.alloc(1);
readSync(file, byte, 0, 1, at);
byte[0]! ^= 1;
writeSync(file, byte, 0, 1, at);
closeSync(file);
console.log(`flipped a bit of byte ${at} of ${name}`);
