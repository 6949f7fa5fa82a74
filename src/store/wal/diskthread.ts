// The thread that writes: takes one call after the other and makes it. Nothing else runs here.
// Invariant: calls are made in the order they came, and answered in that order.
// Called by: threaddisk.ts through messages. A thread of its own, since libuv's pool shares its few threads with gzip and DNS.

import { parentPort, workerData } from "node:worker_threads";
import { answerTo, type Call } from "./diskcalls.ts";

const { directory } = workerData as { directory: string };
const port = parentPort!;
port.on("message", (call: Call) => port.postMessage(answerTo(directory, call)));
port.postMessage("awake");
