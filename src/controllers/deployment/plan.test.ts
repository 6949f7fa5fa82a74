// Rollouts as stories: each step's sizes, with the Pods' readiness played by the test.
// Invariant: pure plans on objects in memory; the sizes at rest are those that a real controller manager shows.
// Called by: npm test.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentSpec, Pod, ReplicaSet } from "#api";
import type { Live } from "#client";
import { rfc3339 } from "#lib";
import type { Action } from "../framework/plan.ts";
import { planDeployment } from "./plan.ts";
import { replicaSetName } from "./draft.ts";
import { templateHash } from "./template.ts";

const startMs = Date.UTC(2026, 0, 1);

/** One Deployment and its ReplicaSets, to which plans are applied until nothing changes any more. */
class Story {
  nowMs = startMs;
  deployment: Live<Deployment>;
  sets: Live<ReplicaSet>[] = [];
  pods: Live<Pod>[] = [];
  events: string[] = [];
  #revision = 10;

  constructor(spec: Partial<DeploymentSpec>) {
    const defaults = { progressDeadlineSeconds: 600, revisionHistoryLimit: 10, selector: { matchLabels: { app: "a" } } };
    const metadata = { name: "web", namespace: "d", uid: "u", resourceVersion: "1", generation: 1 };
    const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "1" }] } };
    this.deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { ...defaults, template, ...spec } };
    this.rest();
  }

  change(change: (spec: DeploymentSpec) => void): void {
    change(this.deployment.spec!);
    this.deployment.metadata.generation = (this.deployment.metadata.generation ?? 0) + 1;
    this.rest();
  }

  image(image: string): void {
    this.change((spec) => {
      spec.template = { ...spec.template, spec: { containers: [{ name: "c", image }] } };
    });
  }

  /** Pods of the set with this image become available, at most `most` in all. */
  ready(image: string, most = 1000): void {
    const set = this.sets.find((one) => one.spec?.template?.spec?.containers[0]?.image === image)!;
    const count = Math.min(set.spec?.replicas ?? 0, most);
    set.status = { ...set.status!, readyReplicas: count, availableReplicas: count };
    this.rest();
  }

  plan() {
    const { metadata, spec, status } = this.deployment;
    const name = replicaSetName(metadata.name, templateHash(spec?.template, status?.collisionCount));
    const namesake = this.sets.find((one) => one.metadata.name === name);
    const podsOf = (uid: string) => this.pods.filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === uid);
    return planDeployment({ saw: [], deployment: this.deployment, sets: this.sets, namesake, podsOf }, { nowMs: this.nowMs });
  }

  rest(): void {
    for (let pass = 0; pass < 50; pass++) {
      const plan = this.plan();
      const actions = [...plan.actions, ...(plan.finish?.(undefined) ?? [])];
      for (const action of actions) this.#apply(action);
      if (actions.length === 0) return;
    }
    assert.fail("the deployment does not come to rest");
  }

  #apply(action: Action): void {
    if (action.verb === "event") this.events.push(action.message);
    if (action.verb === "delete") this.sets = this.sets.filter((set) => set.metadata.name !== action.target.name);
    if (action.verb !== "create" && action.verb !== "update") return;
    const object = structuredClone(action.object) as unknown as Live<ReplicaSet> & Live<Deployment>;
    object.metadata.resourceVersion = String(++this.#revision);
    if (action.resource === "deployments.apps") this.deployment = object;
    else {
      // The replica set controller's part: as many Pods as wanted, none of the new ones available.
      const replicas = object.spec?.replicas ?? 0;
      const before = this.sets.find((set) => set.metadata.name === object.metadata.name)?.status;
      const availableReplicas = Math.min(before?.availableReplicas ?? 0, replicas);
      object.status = {
        replicas,
        readyReplicas: availableReplicas,
        availableReplicas,
        observedGeneration: 1,
      } as Live<ReplicaSet>["status"] & object;
      object.metadata.uid ??= object.metadata.name;
      object.metadata.creationTimestamp ??= rfc3339(startMs + this.#revision * 1000);
      this.sets = [...this.sets.filter((set) => set.metadata.name !== object.metadata.name), object];
    }
    const told = action.tell?.succeeded?.(object);
    if (told) this.events.push(told.message.replace(/web-[a-z0-9]+/, "web-*"));
  }

  /** `1:8 2:5`: image and size of each ReplicaSet, in the order of their creation. */
  get sizes(): string {
    const sorted = this.sets.toSorted((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1));
    return sorted.map((set) => `${set.spec?.template?.spec?.containers[0]?.image}:${set.spec?.replicas}`).join(" ");
  }

  condition(type: string): string {
    const found = this.deployment.status?.conditions?.find((one) => one.type === type);
    return `${found?.status} ${found?.reason}`;
  }
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  type: "RollingUpdate",
  rollingUpdate: { maxSurge, maxUnavailable },
});

const rollouts: {
  name: string;
  replicas: number;
  surge: number | string;
  unavailable: number | string;
  first: string;
  oneReady: string;
}[] = [
  { name: "10, surge 3, unavailable 2", replicas: 10, surge: 3, unavailable: 2, first: "1:8 2:5", oneReady: "1:7 2:6" },
  { name: "10, surge 25%, unavailable 25%", replicas: 10, surge: "25%", unavailable: "25%", first: "1:8 2:5", oneReady: "1:7 2:6" },
  { name: "1, surge 25%, unavailable 25%", replicas: 1, surge: "25%", unavailable: "25%", first: "1:1 2:1", oneReady: "1:0 2:1" },
  { name: "3, surge 0, unavailable 1", replicas: 3, surge: 0, unavailable: 1, first: "1:2 2:1", oneReady: "1:1 2:2" },
  { name: "5, surge 100%, unavailable 0", replicas: 5, surge: "100%", unavailable: 0, first: "1:5 2:5", oneReady: "1:4 2:5" },
  {
    name: "2, surge 0%, unavailable 1% (both round to nothing)",
    replicas: 2,
    surge: "0%",
    unavailable: "1%",
    first: "1:1 2:1",
    oneReady: "1:0 2:2",
  },
];

for (const { name, replicas, surge, unavailable, first, oneReady } of rollouts) {
  test(`a rolling update of ${name}`, () => {
    const story = new Story({ replicas, strategy: rolling(surge, unavailable) });
    story.ready("1");
    assert.equal(story.condition("Progressing"), "True NewReplicaSetAvailable");
    story.image("2");
    assert.equal(story.sizes, first);
    story.ready("2", 1);
    assert.equal(story.sizes, oneReady);
    for (let round = 0; round < replicas; round++) story.ready("2");
    assert.equal(story.sizes, `1:0 2:${replicas}`);
    assert.equal(story.condition("Progressing"), "True NewReplicaSetAvailable");
    assert.equal(story.deployment.metadata.annotations?.["deployment.kubernetes.io/revision"], "2");
  });
}

test("a broken image stops the rollout with enough Pods alive, and going back is safe", () => {
  const story = new Story({ replicas: 10, strategy: rolling(3, 2) });
  story.ready("1");
  story.image("broken");
  assert.equal(story.sizes, "1:8 broken:5");
  story.nowMs += 601_000;
  story.rest();
  assert.equal(story.condition("Progressing"), "False ProgressDeadlineExceeded");
  assert.equal(story.condition("Available"), "True MinimumReplicasAvailable");
  story.image("1");
  assert.equal(story.sizes, "1:10 broken:0");
  assert.equal(story.deployment.metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
  assert.equal(
    story.sets.find((set) => set.spec?.replicas === 10)?.metadata.annotations?.["deployment.kubernetes.io/revision-history"],
    "1",
  );
});

test("scaling in the middle of a rollout is proportional", () => {
  const story = new Story({ replicas: 10, strategy: rolling(3, 2) });
  story.ready("1");
  story.image("2");
  story.change((spec) => {
    spec.replicas = 20;
  });
  assert.equal(story.sizes, "1:14 2:9");
  story.change((spec) => {
    spec.replicas = 5;
  });
  assert.equal(story.sizes, "1:3 2:5");
});

test("a paused Deployment scales but does not roll", () => {
  const story = new Story({ replicas: 4, strategy: rolling(1, 1) });
  story.ready("1");
  story.change((spec) => {
    spec.paused = true;
  });
  story.image("2");
  assert.equal(story.sizes, "1:4");
  assert.equal(story.condition("Progressing"), "Unknown DeploymentPaused");
  story.change((spec) => {
    spec.replicas = 6;
  });
  assert.equal(story.sizes, "1:6");
  story.change((spec) => {
    spec.paused = false;
  });
  assert.equal(story.sizes, "1:5 2:2");
});

test("Recreate waits until no old Pod runs", () => {
  const story = new Story({ replicas: 3, strategy: { type: "Recreate" } });
  story.ready("1");
  const owner = story.sets[0]!.metadata;
  const metadata = {
    name: "p",
    namespace: "d",
    uid: "p",
    resourceVersion: "1",
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: owner.name, uid: owner.uid }],
  };
  story.pods = [{ apiVersion: "v1", kind: "Pod", metadata, status: { phase: "Running" } }];
  story.image("2");
  assert.equal(story.sizes, "1:0");
  story.pods = [];
  story.rest();
  assert.equal(story.sizes, "1:0 2:3");
});

test("old revisions beyond the limit go, and the oldest first", () => {
  const story = new Story({ replicas: 1, strategy: rolling(1, 0), revisionHistoryLimit: 2 });
  for (const image of ["1", "2", "3", "4", "5"]) {
    story.image(image);
    story.ready(image);
    story.rest();
  }
  assert.equal(story.sizes, "3:0 4:0 5:1");
});

test("a name that is taken makes another hash", () => {
  const story = new Story({ replicas: 1, strategy: rolling(1, 0) });
  const [taken] = story.sets;
  taken!.metadata.ownerReferences = [{ apiVersion: "x/v1", kind: "X", name: "x", uid: "x", controller: true }];
  story.rest();
  assert.equal(story.sets.length, 2);
  assert.equal(story.deployment.status?.collisionCount, 1);
});

test("what was scaled is told in upstream's words", () => {
  const story = new Story({ replicas: 2, strategy: rolling(1, 0) });
  story.ready("1");
  story.image("2");
  story.ready("2");
  story.ready("2");
  assert.deepEqual(story.events, [
    "Scaled up replica set web-* from 0 to 2",
    "Scaled up replica set web-* from 0 to 1",
    "Scaled down replica set web-* from 2 to 1",
    "Scaled up replica set web-* from 1 to 2",
    "Scaled down replica set web-* from 1 to 0",
  ]);
});
