// The journal of a simulated runtime as a file: one line a change, rewritten when it is opened.
// Invariant: a change is in the kernel's hands when `append` returns: a killed process loses nothing (a power cut may).
// Called by: compose/ for simulated nodes, so that a restarted agent restarts no pod. Next on the way: state.ts.

import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { SimulatedJournal } from "./state.ts";

export function fileJournal(path: string): SimulatedJournal {
  mkdirSync(dirname(path), { recursive: true });
  let descriptor: number | undefined;
  return {
    read() {
      try {
        return readFileSync(path, "utf8")
          .split("\n")
          .filter((line) => line !== "");
      } catch {
        return [];
      }
    },
    append(line) {
      // Kept open from the first change on: opening costs more than writing.
      descriptor ??= openSync(path, "a");
      writeSync(descriptor, `${line}\n`);
    },
    rewrite(lines) {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      writeFileSync(`${path}.new`, lines.map((line) => `${line}\n`).join(""));
      renameSync(`${path}.new`, path);
    },
  };
}
