// The one entry: picks the process this is to become and loads only that.
// Invariant: nothing is imported before the compile cache is on; a verb pays only for its own modules.
// Called by: bin/dhow, and the supervisor for each part. Next on the way: cli/ for people, part.ts and component.ts for processes.

import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

enableCompileCache(join(process.env["DHOW_HOME"] ?? join(homedir(), ".dhow"), ".cache"));

const [first = "", ...rest] = process.argv.slice(2);

if (first === "part") {
  const { part } = await import("./part.ts");
  await part(rest, import.meta.filename);
} else if (["apiserver", "controller-manager", "scheduler", "kubelet", "store"].includes(first)) {
  const { component } = await import("./component.ts");
  process.exitCode = await component(first, rest);
} else {
  const { main } = await import("../cli/index.ts");
  process.exit(await main(process.argv.slice(2), import.meta.filename));
}
