// The pause program, which is process 1 of every pod, as the file that is executed.
// Invariant: the bytes that go into dhow's own image, for the processor of this machine.
// Called by: cage.sh. Next on the way: src/image/pause.ts, where it is written instruction by instruction.

import { pauseProgram } from "#image";

process.stdout.write(pauseProgram(process.arch === "arm64" ? "arm64" : "amd64"));
