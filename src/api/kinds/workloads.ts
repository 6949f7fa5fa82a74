// What kinds with replicas and a pod template share: status and generation rules, the scale view.
// Invariant: a writer of the object never sets status, a writer of status never sets spec; generation counts changes of spec.
// Called by: deployment.ts, replicaset.ts, statefulset.ts, daemonset.ts, job.ts. Next on the way: deployment.ts.

import type { ApiObject } from "../machinery/object.ts";
import type { LabelSelector } from "../machinery/types.gen.ts";
import { selectorFromLabelSelector } from "../meta/labels.ts";
import { as, bumpGeneration, keep, sameMap, sameOnWire } from "./common.ts";
import type { KindRules, ScalePaths } from "./rules.ts";

interface Scaled {
  spec?: { replicas?: number; selector?: LabelSelector };
  status?: { replicas?: number };
}

export const workloadScale: ScalePaths = {
  specReplicas: (object) => as<Scaled>(object).spec?.replicas ?? 0,
  setSpecReplicas: (object, replicas) => {
    const view = as<Scaled>(object);
    (view.spec ??= {}).replicas = replicas;
  },
  statusReplicas: (object) => as<Scaled>(object).status?.replicas ?? 0,
  selector: (object) => {
    const selector = as<Scaled>(object).spec?.selector;
    return selector ? selectorFromLabelSelector(selector).toString() : "";
  },
};

interface Options {
  /** Deployments copy their annotations to ReplicaSets, so these count as a change too. */
  readonly annotationsCount?: boolean;
  readonly keepLabelsOnStatus?: boolean;
}

/** The write rules of a kind whose spec has type `specType`. */
export function workloadRules(
  specType: string,
  { annotationsCount = false, keepLabelsOnStatus = false }: Options = {},
): Required<Pick<KindRules, "prepareForCreate" | "prepareForUpdate" | "prepareForStatusUpdate">> {
  return {
    prepareForCreate(object: ApiObject): void {
      object["status"] = {};
      object.metadata.generation = 1;
    },
    prepareForUpdate(object: ApiObject, old: ApiObject): void {
      keep(object, old, "status");
      const changed =
        !sameOnWire(object["spec"] as object | undefined, old["spec"] as object | undefined, specType) ||
        (annotationsCount && !sameMap(object.metadata.annotations, old.metadata.annotations));
      bumpGeneration(object, old, changed);
    },
    prepareForStatusUpdate(object: ApiObject, old: ApiObject): void {
      keep(object, old, "spec");
      bumpGeneration(object, old, false);
      if (!keepLabelsOnStatus) return;
      if (old.metadata.labels) object.metadata.labels = old.metadata.labels;
      else delete object.metadata.labels;
    },
  };
}
