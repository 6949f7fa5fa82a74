// The door of api/kinds, and the list of kinds whose defaults, rules and columns are written.
// Invariant: one file a kind and one word in the list; a kind that is not here is served with a warning.
// Called by: api/index.ts.

import { horizontalPodAutoscaler } from "./autoscaler.ts";
import { certificateSigningRequest } from "./certificates.ts";
import { apiService, deviceClass, flowSchema, priorityLevel, resourceClaim, resourceClaimTemplate, runtimeClass } from "./cluster.ts";
import { ingress, ingressClass } from "./ingress.ts";
import { ipAddress, networkPolicy, serviceCidr } from "./networkpolicy.ts";
import { podTemplate, replicationController } from "./replicationcontroller.ts";
import { csiDriver, csiNode, csiStorageCapacity, volumeAttachment, volumeAttributesClass } from "./storage.ts";
import { persistentVolume, persistentVolumeClaim } from "./volumes.ts";
import { configMap, secret } from "./configmap.ts";
import { controllerRevision } from "./controllerrevision.ts";
import { deployment } from "./deployment.ts";
import { endpointSlice, endpoints } from "./endpoints.ts";
import { event, eventsV1Event } from "./event.ts";
import { cronJob, job } from "./job.ts";
import { namespace } from "./namespace.ts";
import { node } from "./node.ts";
import { pod } from "./pod.ts";
import { limitRange, podDisruptionBudget, priorityClass, resourceQuota, storageClass } from "./policies.ts";
import { rbacKinds } from "./rbac.ts";
import { replicaSet } from "./replicaset.ts";
import type { KindRules } from "./rules.ts";
import { service } from "./service.ts";
import { lease, serviceAccount } from "./serviceaccount.ts";
import { daemonSet, statefulSet } from "./statefulset.ts";

export { type MetaRules, validateAnnotations, validateName, validateObjectMeta, validateObjectMetaUpdate } from "./objectmeta.ts";
export { fromAutoscalerV1, toAutoscalerV1 } from "./autoscalerv1.ts";
export { defaultPodSpec } from "./podspec/defaults.ts";
export { qosClass } from "./podspec/qos.ts";
export type { Column, DeleteRequest, KindRules, NameRule, Row, ScalePaths } from "./rules.ts";
export { keepAllocated, needsClusterIp, needsHealthCheckPort, needsNodePorts } from "./service.ts";
export { initIpFamilies, normalizeClusterIps } from "./servicefamilies.ts";

export const kinds: readonly KindRules[] = [
  configMap,
  controllerRevision,
  cronJob,
  daemonSet,
  deployment,
  endpoints,
  endpointSlice,
  event,
  eventsV1Event,
  job,
  lease,
  limitRange,
  namespace,
  node,
  pod,
  podDisruptionBudget,
  priorityClass,
  ...rbacKinds,
  replicaSet,
  resourceQuota,
  secret,
  service,
  serviceAccount,
  statefulSet,
  storageClass,
  apiService,
  certificateSigningRequest,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  deviceClass,
  flowSchema,
  horizontalPodAutoscaler,
  ingress,
  ingressClass,
  ipAddress,
  networkPolicy,
  persistentVolume,
  persistentVolumeClaim,
  podTemplate,
  priorityLevel,
  replicationController,
  resourceClaim,
  resourceClaimTemplate,
  runtimeClass,
  serviceCidr,
  volumeAttachment,
  volumeAttributesClass,
];

const byKind: ReadonlyMap<string, KindRules> = new Map(kinds.map((rules) => [`${rules.group}/${rules.kind}`, rules]));

/** Undefined: nobody has written this kind's rules yet. */
export function rulesFor(group: string, kind: string): KindRules | undefined {
  return byKind.get(`${group}/${kind}`);
}
