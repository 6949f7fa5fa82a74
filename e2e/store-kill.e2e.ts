// kill -9 under load, again and again, on a real disk: what was acknowledged is there.
// Invariant: each life opens the folder that the last one left, and finds every key it ever heard an acknowledgement for.
// Called by: tools/e2e.ts. Next on the way: store-writer.ts.

import { ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { seededPrng, silentLog, systemClock, systemPrng } from "#lib";
import { openStore } from "#store";

const rounds = 10;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Runs the writer, kills it after `acknowledgements` of them, and gives back all that it acknowledged. */
function oneLife(directory: string, acknowledgements: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", [here("../bin/node"), here("./store-writer.ts"), directory, "1000000", "50"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.split("\n").length > acknowledgements) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => resolve(Array.from(text.matchAll(/^ack (\S+)$/gm), ([, name]) => name!)));
  });
}

test(`${rounds} times kill -9 under load lose nothing acknowledged`, { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "dhow-kill-"));
  const prng = seededPrng(1);
  const acknowledged = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const name of await oneLife(directory, prng.between(1, 4000))) acknowledged.add(`/w/${name}`);
    const store = await openStore({ directory, clock: systemClock(), prng: systemPrng(), log: silentLog() });
    const { kvs } = await store.range({ start: "/w/", end: "/w0", keysOnly: true });
    await store.close();
    const found = new Set(kvs.map(({ key }) => key));
    ok(acknowledged.size > 0);
    for (const key of acknowledged) ok(found.has(key), `round ${round}: ${key} was acknowledged and is gone`);
  }
  rmSync(directory, { recursive: true });
});
