// The supervisor's decisions as stories: what happened on the left, what it does about it on the right.
// Invariant shown: restarts with growing pauses, adoption, order of stopping, nothing spawned once somebody said stop.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type PartSpec, restartPauseMs, type SupervisorAction, type SupervisorEvent, SupervisorPlan } from "./plan.ts";

const parts: readonly PartSpec[] = [
  { name: "api", needs: [], stopMs: 10 },
  { name: "runtime", needs: [], stopMs: 20, foreign: true },
  { name: "node", needs: ["api", "runtime"], stopMs: 30 },
];

function show(action: SupervisorAction): string {
  switch (action.type) {
    case "spawn":
    case "askToStop":
      return `${action.type} ${action.part}`;
    case "attach":
    case "kill":
      return `${action.type} ${action.part} ${action.pid}`;
    case "go":
      return `go ${action.part} ${JSON.stringify(action.facts)}`;
    case "timer":
      return `timer ${action.part} ${action.afterMs}`;
    case "restarting":
      return `restarting ${action.part} in ${action.inMs}: ${action.detail}`;
    case "allReady":
    case "finished":
      return action.type;
  }
}

type Step = readonly [event: SupervisorEvent, ...want: string[]];

const begin: SupervisorEvent = { type: "begin", adopted: {}, spawn: true };
const spawned = (part: string, pid: number): SupervisorEvent => ({ type: "spawned", part, pid });
const hello = (part: string, pid: number): SupervisorEvent => ({ type: "hello", part, pid });
const ready = (part: string, facts = {}): SupervisorEvent => ({ type: "ready", part, facts });
const exited = (part: string, detail = "exit code 1"): SupervisorEvent => ({ type: "exited", part, detail });
const timer = (part: string, epoch: number): SupervisorEvent => ({ type: "timer", part, epoch });

const started: readonly Step[] = [
  [begin, "spawn api", "spawn runtime", "spawn node"],
  [spawned("api", 1)],
  [spawned("runtime", 2), "attach runtime 2"],
  [spawned("node", 3)],
  [hello("node", 3)],
  [hello("api", 1), "go api {}"],
  [ready("api", { port: 6443 }), "timer api 60000"],
  [ready("runtime", { socket: "s" }), "timer runtime 60000", 'go node {"port":6443,"socket":"s"}'],
  [ready("node"), "timer node 60000", "allReady"],
];

const stories: readonly { name: string; steps: readonly Step[] }[] = [
  { name: "a start: all processes at once, each goes when what it needs is ready", steps: started },
  {
    name: "a part that dies comes back, twice as late each time, and goes at once when its needs are there",
    steps: [
      ...started,
      [exited("node", "killed by SIGKILL"), "restarting node in 250: killed by SIGKILL", "timer node 250"],
      [timer("node", 1)],
      [timer("node", 3), "spawn node"],
      [spawned("node", 4)],
      [exited("node"), "restarting node in 500: exit code 1", "timer node 500"],
      [timer("node", 5), "spawn node"],
      [spawned("node", 5)],
      [hello("node", 5), 'go node {"port":6443,"socket":"s"}'],
      [ready("node"), "timer node 60000"],
      // Having run for long enough, its past is forgotten.
      [timer("node", 6)],
      [exited("node"), "restarting node in 250: exit code 1", "timer node 250"],
    ],
  },
  {
    name: "stopping goes from those nobody needs to those everybody needs",
    steps: [
      ...started,
      [{ type: "stop" }, "askToStop node", "timer node 30"],
      [exited("node", "exit code 0"), "askToStop api", "timer api 10", "askToStop runtime", "timer runtime 20"],
      [exited("api", "exit code 0")],
      [timer("runtime", 2), "kill runtime 2"],
      [exited("runtime", "killed by SIGKILL"), "finished"],
    ],
  },
  {
    name: "stop during a restart's pause does not wait for it",
    steps: [
      [begin, "spawn api", "spawn runtime", "spawn node"],
      [exited("api", "ENOENT"), "restarting api in 250: ENOENT", "timer api 250"],
      [exited("runtime", "ENOENT"), "restarting runtime in 250: ENOENT", "timer runtime 250"],
      [exited("node", "ENOENT"), "restarting node in 250: ENOENT", "timer node 250"],
      [{ type: "stop" }, "finished"],
      [timer("api", 2)],
    ],
  },
  {
    name: "forcing kills everything at once",
    steps: [
      ...started,
      [{ type: "stop" }, "askToStop node", "timer node 30"],
      [{ type: "force" }, "kill api 1", "kill runtime 2", "kill node 3"],
      [exited("node")],
      [exited("runtime")],
      [exited("api"), "finished"],
    ],
  },
  {
    name: "what still runs after a crash is adopted; who does not answer is killed and made anew",
    steps: [
      [
        { type: "begin", adopted: { api: 1, runtime: 2 }, spawn: true },
        "attach api 1",
        "timer api 3000",
        "attach runtime 2",
        "timer runtime 3000",
        "spawn node",
      ],
      [hello("api", 1), "go api {}"],
      [ready("api", { port: 1 }), "timer api 60000"],
      [timer("runtime", 1), "kill runtime 2"],
      [exited("runtime", "killed by SIGKILL"), "restarting runtime in 250: killed by SIGKILL", "timer runtime 250"],
      [timer("runtime", 3), "spawn runtime"],
    ],
  },
  {
    name: "taking over only to stop spawns nothing",
    steps: [
      [{ type: "begin", adopted: { api: 1 }, spawn: false }, "attach api 1", "timer api 3000"],
      [{ type: "stop" }, "askToStop api", "timer api 10"],
      [exited("api", "gone"), "finished"],
    ],
  },
];

for (const { name, steps } of stories) {
  test(name, () => {
    const plan = new SupervisorPlan(parts);
    for (const [event, ...want] of steps) assert.deepEqual(plan.step(event).map(show), want, JSON.stringify(event));
  });
}

test("the pause before a restart doubles up to half a minute", () => {
  assert.deepEqual([1, 2, 3, 7, 8, 50].map(restartPauseMs), [250, 500, 1000, 16_000, 30_000, 30_000]);
});
