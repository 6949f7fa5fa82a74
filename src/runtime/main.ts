// The entry of bin/dhow-runtime: the command line, or, started by ourselves, the first process of a container.
// Invariant: which of the two is decided by the first word; the init stage never returns to the command line.
// Called by: bin/dhow-runtime, launch.ts. Next on the way: cli/index.ts, init/index.ts.

import { runtimeMain } from "./cli/index.ts";
import { init } from "./init/index.ts";

const [first, ...rest] = process.argv.slice(2);

if (first === "init") init(Number(rest[0]), rest[1]);
else void runtimeMain(process.argv.slice(2), [process.argv[1] ?? ""]).then((status) => process.exit(status));
