// Deployments: defaults, what is valid, generation, the line in `kubectl get deployments`.
// Invariant: the selector never changes and always matches the template's labels; defaults are apps/v1's.
// Called by: kinds/index.ts. Next on the way: controllers' deployment loop.

import type { ApiObject } from "../machinery/object.ts";
import type { Deployment, DeploymentSpec } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { selectorFromLabelSelector } from "../meta/labels.ts";
import {
  ageColumn,
  column,
  containerImages,
  containerNames,
  containersColumn,
  imagesColumn,
  nameColumn,
  selectorColumn,
} from "./columns.ts";
import { as } from "./common.ts";
import { validateDeployment, validateDeploymentStatus, validateDeploymentUpdate } from "./deploymentvalidation.ts";
import { defaultTemplate } from "./podspec/defaults.ts";
import type { KindRules, Row } from "./rules.ts";
import { workloadRules, workloadScale } from "./workloads.ts";

function setDefaults(object: ApiObject): void {
  const view = as<Deployment>(object);
  const spec = (view.spec ??= {} as DeploymentSpec);
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ||= "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.maxUnavailable ??= "25%";
    rolling.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultTemplate(spec);
}

function row(object: ApiObject, nowMs: number): Row {
  const { spec, status } = as<Deployment>(object);
  const cells = [
    object.metadata.name ?? "",
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    age(object.metadata.creationTimestamp, nowMs),
    containerNames(spec?.template),
    containerImages(spec?.template),
    selectorFromLabelSelector(spec?.selector).toString(),
  ];
  return { cells };
}

export const deployment: KindRules = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  nameRule: "dns1123-subdomain",
  setDefaults,
  ...workloadRules("io.k8s.api.apps.v1.DeploymentSpec", { annotationsCount: true, keepLabelsOnStatus: true }),
  validate: (object) => validateDeployment(as<Deployment>(object)),
  validateUpdate: (object, old) => validateDeploymentUpdate(as<Deployment>(object), as<Deployment>(old)),
  validateStatusUpdate: (object) => validateDeploymentStatus(as<Deployment>(object)),
  allowUnconditionalUpdate: true,
  scale: workloadScale,
  columns: [
    nameColumn,
    column("Ready", "Replicas that are ready, of those wanted."),
    column("Up-to-date", "Replicas of the newest template."),
    column("Available", "Replicas that have been ready long enough."),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  row,
};
