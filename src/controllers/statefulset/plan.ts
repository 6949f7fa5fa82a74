// The StatefulSet's plan: one step towards Pods 0 … n−1, each in its turn unless the set says Parallel.
// Invariant: there are never two Pods of one ordinal: a successor is made only when its predecessor is gone from the API.
// Called by: the loop, by way of index.ts. Next on the way: identity.ts, claims.ts, status.ts.

import type { ApiError, ControllerRevision, Pod, StatefulSet } from "#api";
import type { AnyObject, Live } from "#client";
import { own } from "#lib";
import { claim } from "../claim.ts";
import { textHash } from "../deployment/template.ts";
import { type Action, isNamespaceTerminating, isNotFound, type Plan, targetOf, type Telling } from "../framework/plan.ts";
import type { PodOwner } from "../podcontrol.ts";
import { isPodAvailable, isPodReady, nextAvailabilityMs } from "../pods.ts";
import { createRevision, historyOf, pruneRevisions, renumber, revisionData, revisionLabel, revisionsName } from "../revisions.ts";
import { type Claims, createMissingClaims, fixOwners, hasStaleClaim } from "./claims.ts";
import { inRange, nameLabel, newPod, ordinalOf, podName, type Revision, revisionOf, startOrdinal } from "./identity.ts";
import { statefulStatus, writeStatus } from "./status.ts";

export interface SeenStatefulSet {
  readonly saw: readonly Live<AnyObject>[];
  readonly set: Live<StatefulSet>;
  readonly pods: readonly Live<Pod>[];
  readonly revisions: readonly Live<ControllerRevision>[];
  readonly claims: Claims;
}

interface Step {
  readonly actions: readonly Action[];
  /** Ordered sets go no further in this pass. */
  readonly wait?: string;
}

const resource = "statefulsets.apps";

export function planStatefulSet(seen: SeenStatefulSet, { nowMs }: { nowMs: number }): Plan {
  const { set } = seen;
  const owner = { resource, apiVersion: "apps/v1", kind: "StatefulSet", object: set, selector: set.spec?.selector };
  const members = seen.pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const { claimed, actions: claims } = claim(owner, "pods", members);
  const kept = claim(owner, revisionsName, seen.revisions);
  const data = revisionData(set.spec?.template);
  const history = historyOf(data.text, kept.claimed);
  const hash = textHash(data.text, set.status?.collisionCount || undefined);
  const labels = { ...set.spec?.template?.metadata?.labels, "controller.kubernetes.io/hash": hash };
  const name = `${set.metadata.name.slice(0, 223)}-${hash}`;
  const update = history.current ? revisionOf(history.current) : { name, template: set.spec?.template };
  const stored = kept.claimed.find((one) => one.metadata.name === set.status?.currentRevision);
  const current = stored ? revisionOf(stored) : update;
  const pass = new Pass({ ...seen, pods: claimed }, owner, current, update, nowMs);
  const step = set.metadata.deletionTimestamp === undefined ? pass.run() : { actions: [], wait: "it is being deleted" };
  const live = new Set([current.name, update.name, ...claimed.map((pod) => own(pod.metadata.labels, revisionLabel) ?? "")]);
  const revision = history.current
    ? renumber(history.current, history.number)
    : [createRevision(owner, name, labels, history.number, data.value)];
  const finish = (error: ApiError | undefined): readonly Action[] => {
    const collided = error?.reason === "AlreadyExists" && !history.current;
    return writeStatus(set, statefulStatus(set, claimed, current.name, update.name, pass.outdatedGone, nowMs), collided);
  };
  const waitMs = nextAvailabilityMs(claimed, set.spec?.minReadySeconds ?? 0, nowMs);
  const idle = history.old.filter((one) => !live.has(one.metadata.name));
  return {
    actions: [
      ...claims,
      ...kept.actions,
      ...revision,
      ...step.actions,
      ...pruneRevisions(idle, set.spec?.revisionHistoryLimit ?? 10, live),
    ],
    finish,
    decision: step.wait ?? `${claimed.length} of ${set.spec?.replicas ?? 1} Pods, all in their places`,
    ...(waitMs === undefined ? {} : { requeueAfterMs: waitMs }),
  };
}

class Pass {
  readonly #seen: SeenStatefulSet;
  readonly #owner: PodOwner;
  readonly #current: Revision;
  readonly #update: Revision;
  readonly #nowMs: number;
  readonly #ordered: boolean;
  /** Pods of the current revision that this pass deletes for the update. */
  outdatedGone = 0;

  constructor(seen: SeenStatefulSet, owner: PodOwner, current: Revision, update: Revision, nowMs: number) {
    this.#seen = seen;
    this.#owner = owner;
    this.#current = current;
    this.#update = update;
    this.#nowMs = nowMs;
    this.#ordered = seen.set.spec?.podManagementPolicy !== "Parallel";
  }

  run(): Step {
    const { set, pods } = this.#seen;
    const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod)!, pod]));
    const wanted = Array.from({ length: set.spec?.replicas ?? 1 }, (_, index) => startOrdinal(set) + index);
    const surplus = [...byOrdinal].filter(([ordinal]) => !inRange(set, ordinal)).sort(([a], [b]) => b - a);
    const replicas = this.#inTurn(wanted.map((ordinal) => () => this.#replica(ordinal, byOrdinal.get(ordinal))));
    if (replicas.wait !== undefined) return replicas;
    const owners = surplus.flatMap(([, pod]) => fixOwners(set, pod, this.#seen.claims));
    const unhealthy = this.#firstUnhealthy(wanted, byOrdinal, surplus);
    const scaled = this.#inTurn(
      surplus.map(
        ([, pod]) =>
          () =>
            this.#condemned(pod, unhealthy),
      ),
    );
    const actions = [...replicas.actions, ...owners, ...scaled.actions];
    if (scaled.wait !== undefined || set.spec?.updateStrategy?.type === "OnDelete") return { ...scaled, actions };
    const rolled = this.#roll(wanted, byOrdinal);
    return { ...rolled, actions: [...actions, ...rolled.actions] };
  }

  /** One after the other until somebody has to wait; or all at once. */
  #inTurn(steps: readonly (() => Step)[]): Step {
    const actions: Action[] = [];
    for (const step of steps) {
      const done = step();
      actions.push(...done.actions);
      if (this.#ordered && done.wait !== undefined) return { actions, wait: done.wait };
    }
    return { actions };
  }

  #replica(ordinal: number, pod: Live<Pod> | undefined): Step {
    const { set, claims } = this.#seen;
    const name = podName(set, ordinal);
    if (!pod) {
      if (hasStaleClaim(set, ordinal, claims)) return { actions: [], wait: `the claims of the last ${name} are still going` };
      const create = this.#create(ordinal);
      return { actions: [...createMissingClaims(set, ordinal, claims), create], wait: `creating ${name}` };
    }
    const { phase } = pod.status ?? {};
    if (phase === "Failed" || phase === "Succeeded") {
      const gone = pod.metadata.deletionTimestamp === undefined ? [this.#delete(pod)] : [];
      return { actions: gone, wait: `${name} has ended` };
    }
    const actions = phase === "Pending" ? createMissingClaims(set, ordinal, claims) : [];
    if (pod.metadata.deletionTimestamp !== undefined) return { actions, wait: `${name} is terminating` };
    if (!this.#works(pod)) return { actions, wait: `${name} is not running and ready` };
    const owners = fixOwners(set, pod, claims);
    const told = owners.map((action, index) => (index === owners.length - 1 ? { ...action, tell: this.#tell("update", name) } : action));
    return { actions: [...actions, ...this.#identify(pod, name), ...told] };
  }

  #works(pod: Live<Pod>): boolean {
    return pod.status?.phase === "Running" && isPodReady(pod) && this.#available(pod);
  }

  #available(pod: Live<Pod> | undefined): boolean {
    return pod !== undefined && isPodAvailable(pod, this.#seen.set.spec?.minReadySeconds ?? 0, this.#nowMs);
  }

  /** An adopted Pod gets the label by which a Service finds it alone. */
  #identify(pod: Live<Pod>, name: string): Action[] {
    if (own(pod.metadata.labels, nameLabel) === name) return [];
    const patch = { metadata: { labels: { [nameLabel]: name } } };
    return [{ verb: "patch", resource: "pods", target: targetOf(pod), type: "merge", patch, tell: this.#tell("update", name) }];
  }

  #condemned(pod: Live<Pod>, unhealthy: Live<Pod> | undefined): Step {
    const { name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) return { actions: [], wait: `${name} is terminating` };
    if (this.#ordered && pod !== unhealthy && !this.#works(pod)) return { actions: [], wait: `${unhealthy?.metadata.name} is not well` };
    return { actions: [this.#delete(pod)], wait: `scaling down: ${name} goes` };
  }

  /** A Pod that is yet to be made counts as unhealthy, but as nobody. */
  #firstUnhealthy(
    wanted: readonly number[],
    byOrdinal: ReadonlyMap<number, Live<Pod>>,
    surplus: readonly (readonly [number, Live<Pod>])[],
  ) {
    const bad = (pod: Live<Pod> | undefined): boolean => !this.#available(pod) || pod?.metadata.deletionTimestamp !== undefined;
    const first = wanted.find((ordinal) => bad(byOrdinal.get(ordinal)));
    if (first !== undefined) return byOrdinal.get(first);
    return surplus.toReversed().find(([, pod]) => bad(pod))?.[1];
  }

  /** From the top down to the partition, one Pod at a time, and only when all above are well. */
  #roll(wanted: readonly number[], byOrdinal: ReadonlyMap<number, Live<Pod>>): Step {
    const partition = this.#seen.set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (const ordinal of wanted.slice(partition).toReversed()) {
      const pod = byOrdinal.get(ordinal);
      const terminating = pod?.metadata.deletionTimestamp !== undefined;
      if (pod && !terminating && own(pod.metadata.labels, revisionLabel) !== this.#update.name) {
        this.outdatedGone = 1;
        return { actions: [this.#delete(pod)], wait: `updating: ${pod.metadata.name} goes` };
      }
      if (terminating || !this.#available(pod)) return { actions: [], wait: `updating: waiting for ordinal ${ordinal}` };
    }
    return { actions: [] };
  }

  #create(ordinal: number): Action {
    const { set } = this.#seen;
    const { type = "RollingUpdate", rollingUpdate } = set.spec?.updateStrategy ?? {};
    const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status?.currentReplicas ?? 0);
    const old = type === "RollingUpdate" && ordinal < startOrdinal(set) + kept;
    const object = newPod(this.#owner, set, old ? this.#current : this.#update, ordinal);
    return {
      verb: "create",
      resource: "pods",
      object,
      tolerates: isNamespaceTerminating,
      tell: this.#tell("create", podName(set, ordinal)),
    };
  }

  #delete(pod: Live<Pod>): Action {
    return {
      verb: "delete",
      resource: "pods",
      target: targetOf(pod),
      tolerates: isNotFound,
      tell: this.#tell("delete", pod.metadata.name),
    };
  }

  #tell(verb: "create" | "delete" | "update", pod: string): Telling {
    const { set } = this.#seen;
    const Verb = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`;
    const what = `${Verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
    return {
      about: set,
      succeeded: () => ({ type: "Normal", reason: `Successful${Verb}`, message: `${what} successful` }),
      failed: (error) => ({ type: "Warning", reason: `Failed${Verb}`, message: `${what} failed error: ${error.message}` }),
    };
  }
}
