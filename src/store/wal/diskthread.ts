// The thread that writes: takes one call after the other and makes it. Nothing else runs here.
// Invariant: calls are made in the order they came, and answered in that order.
// Called by: threaddisk.ts through diskchannel.ts. A thread of its own, since libuv's pool shares its few threads with gzip and DNS.

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { systemClock } from "#lib";
import { answerTo } from "./diskcalls.ts";
import { answerCalls, type SharedMemory } from "./diskchannel.ts";

const { directory, board } = workerData as { directory: string; board: SharedArrayBuffer };
const port = parentPort!;
port.postMessage("awake");
const shown = (): SharedMemory | undefined => receiveMessageOnPort(port)?.message as SharedMemory | undefined;
const clock = systemClock();
answerCalls(board, shown, (call) => answerTo(directory, call, clock));
