// A container's last words: what it wrote to its termination log, or, where it asked for that, the end of its output.
// Invariant: bounded: 4096 bytes of the file, 2048 bytes and 80 lines of the output; only a container that failed falls back to output.
// Called by: pods/worker.ts for the status. Next on the way: containers.ts.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Pod } from "#api";
import { podLogDirectory } from "../containers/config.ts";
import { parseLogLine } from "../logs/format.ts";
import type { RuntimeContainer } from "../pods/runtime.ts";
import type { NodeContext } from "../settings.ts";

const most = { bytes: 2048, lines: 80 } as const;
/** A line of the file carries some forty bytes of time and stream before its text. */
const readBytes = most.bytes + most.lines * 64;

/** The last lines of a container's output, as text. */
export function lastOutput(file: Buffer): string {
  const lines: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const end = file.indexOf(0x0a, at);
    const line = parseLogLine(file.subarray(at, end < 0 ? file.length : end + 1));
    if (line) lines.push(line.text);
    at = end < 0 ? file.length : end + 1;
  }
  const text = Buffer.concat(lines.slice(-most.lines));
  return text.subarray(Math.max(text.length - most.bytes, 0)).toString("utf8");
}

function tail(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, readBytes));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(file);
  }
}

export function terminationMessage(node: NodeContext, pod: Pod, run: RuntimeContainer): string {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const container = [...containers, ...initContainers].find((one) => one.name === run.name);
  const written = node.volumes.readTerminationLog(pod.metadata.uid ?? "", run.name, run.attempt);
  const falls = container?.terminationMessagePolicy === "FallbackToLogsOnError" && run.exitCode !== 0;
  if (written !== "" || !falls || run.reason === "ContainerCannotRun") return written;
  return lastOutput(tail(`${podLogDirectory(node.settings, pod)}/${run.name}/${run.attempt}.log`));
}
