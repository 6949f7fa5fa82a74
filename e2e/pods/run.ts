// Carries pod cases out, several at a time: create, wait, look, and take down.
// Invariant: one kubectl at a time looks for all cases together; what a case has made is deleted when it has been looked at.
// Called by: e2e/pods.e2e.ts. Next on the way: e2e/support/cluster.ts.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import type { Event, Pod } from "#api";
import type { Cluster } from "../support/cluster.ts";
import type { CaseTools, PodCase } from "./case.ts";

export const namespace = "pods";
const lookMs = 300;
const waitMs = 60_000;
const laterMs = 30_000;

interface Picture {
  readonly pods: ReadonlyMap<string, Pod>;
  readonly events: readonly Event[];
}

/** All pods and events of the namespace, as often as somebody waits for something. */
export class Watcher {
  readonly #cluster: Cluster;
  #next: Promise<Picture> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async #look(): Promise<Picture> {
    await wait(lookMs);
    this.#next = undefined;
    const text = await this.#cluster.kubectl(`get pods,events -n ${namespace} -o json`);
    const { items } = JSON.parse(text) as { items: (Pod & Event)[] };
    const pods = items.filter((one) => one.kind === "Pod");
    return { pods: new Map(pods.map((pod) => [pod.metadata.name ?? "", pod])), events: items.filter((one) => one.kind === "Event") };
  }

  /** A picture taken from now on. */
  look(): Promise<Picture> {
    this.#next ??= this.#look();
    return this.#next;
  }
}

function reached(one: PodCase, pod: Pod | undefined): boolean {
  if (!pod) return false;
  if (typeof one.ends === "function") return one.ends(pod);
  if (one.ends === "Ready") return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  return pod.status?.phase === one.ends;
}

function eventsOf(picture: Picture, pod: Pod): readonly string[] {
  return picture.events
    .filter((one) => one.involvedObject.uid === pod.metadata.uid)
    .map((one) => `${one.type} ${one.reason} ${one.message}`);
}

export async function runCase(one: PodCase, cluster: Cluster, watcher: Watcher): Promise<void> {
  const { key } = one;
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.tryKubectl(["-n", namespace, ...args]);
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: key, ...one.metadata }, spec: one.spec };
  const items = [...(one.objects ?? []), pod];
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const { code, stderr } = await cluster.tryKubectl(["create", "-n", namespace, "-f", "-"], { stdin: list });
  assert.equal(code, 0, `create: ${stderr}`);
  try {
    await look(one, watcher, kubectl);
  } finally {
    await cluster.tryKubectl(["delete", "pod", key, "-n", namespace, "--wait=false", "--grace-period=1", "--ignore-not-found"]);
  }
}

async function look(one: PodCase, watcher: Watcher, kubectl: CaseTools["kubectl"]): Promise<void> {
  const { key } = one;
  const until = async (what: string, boundMs: number, holds: (picture: Picture) => boolean | Promise<boolean>): Promise<Picture> => {
    for (const endMs = Date.now() + boundMs; ; ) {
      const picture = await watcher.look();
      if (await holds(picture)) return picture;
      const found = picture.pods.get(key);
      const seen = JSON.stringify({ status: found?.status, events: found ? eventsOf(picture, found) : [] });
      assert.ok(Date.now() < endMs, `${what}: not within ${boundMs / 1000} s: ${seen}`);
    }
  };
  const ends = typeof one.ends === "string" ? one.ends : "as wanted";
  const there = await until(ends, waitMs, (picture) => reached(one, picture.pods.get(key)));
  const found = there.pods.get(key)!;
  for (const [what, see, is] of one.sees ?? []) assert.deepEqual(see(found), is, `${what}: ${JSON.stringify(found.status)}`);
  const logs = (container = found.spec!.containers[0]!.name): Promise<string> => kubectl("logs", key, "-c", container);
  if (one.logs !== undefined) {
    // A container that runs on may not have written yet.
    const fits = (text: string): boolean => (typeof one.logs === "string" ? text === one.logs : one.logs!.test(text));
    let text = await logs();
    if (!fits(text) && found.status?.phase === "Running") await until("its output", laterMs, async () => fits((text = await logs())));
    if (typeof one.logs === "string") assert.equal(text, one.logs);
    else assert.match(text, one.logs);
  }
  const missing = (picture: Picture): readonly RegExp[] =>
    (one.events ?? []).filter((pattern) => !eventsOf(picture, found).some((event) => pattern.test(event)));
  if (missing(there).length > 0) await until(`events ${missing(there).join(" ")}`, laterMs, (picture) => missing(picture).length === 0);
  const eventually: CaseTools["eventually"] = async (what, holds) =>
    (await until(what, laterMs, (picture) => holds(picture.pods.get(key)))).pods.get(key);
  await one.afterwards?.({ key, pod: found, kubectl, eventually, logs });
}
