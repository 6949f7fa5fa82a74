// What is told about an object that is accepted as it is: a `Warning` header each, by kind.
// Invariant: a kind that is not in the table has nothing to say; an update is told about only where what is said may have changed.
// Called by: apiserver/registry, create.ts and update.ts, after validation. Next on the way: podspec.ts, others.ts.

import type { ApiObject } from "../../machinery/object.ts";
import type { CronJob, Job, Pod, PodTemplate, PodTemplateSpec, StatefulSet } from "../../machinery/types.gen.ts";
import { isDns1123Label } from "../../meta/names.ts";
import { as } from "../common.ts";
import {
  claimWarnings,
  endpointsWarnings,
  ingressWarnings,
  nodeWarnings,
  runtimeClassWarnings,
  serviceWarnings,
  volumeWarnings,
} from "./others.ts";
import { claimSpecWarnings, podWarnings, templateWarnings } from "./podspec.ts";

interface KindWarnings {
  /** Of an object that was just made; name and all. */
  readonly onCreate: (object: ApiObject) => string[];
  /** Absent: as on creation, but only when the object's generation moved. */
  readonly onUpdate?: (object: ApiObject) => string[];
}

const none = (): string[] => [];

/** Names that end up in hostnames. */
function nameWarnings({ metadata }: ApiObject, where: string): string[] {
  const problems = isDns1123Label(metadata.name ?? "");
  if (problems.length === 0) return [];
  const text = `this is used in ${where}, which can result in surprising behavior; a DNS label is recommended`;
  return [`metadata.name: ${text}: [${problems.join(" ")}]`];
}

const inPods = "Pod names and hostnames";

/** A kind with one template at `spec.template`. */
function workload(named: boolean, more: (object: ApiObject) => string[] = none): KindWarnings {
  const template = (object: ApiObject): string[] => {
    const { spec } = object as unknown as { spec?: { template?: PodTemplateSpec } };
    return [...templateWarnings(spec?.template, "spec.template"), ...more(object)];
  };
  return { onCreate: (object) => [...(named ? nameWarnings(object, inPods) : []), ...template(object)], onUpdate: template };
}

const completionsLimit = 100_000;
const parallelismLimit = 10_000;

function indexedWarnings(spec: Job["spec"], field: string): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec ?? {};
  if (completionMode !== "Indexed" || completions <= completionsLimit || parallelism <= parallelismLimit) return [];
  const text =
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
  return [`${field}: ${text}`];
}

function jobWarnings(spec: Job["spec"], field: string): string[] {
  return [...indexedWarnings(spec, field), ...templateWarnings(spec?.template, `${field}.template`)];
}

const ofJob = (object: ApiObject): string[] => jobWarnings(as<Job>(object).spec, "spec");

function ofCronJob(object: ApiObject): string[] {
  return jobWarnings(as<CronJob>(object).spec?.jobTemplate?.spec, "spec.jobTemplate.spec");
}

function zoneWarnings(object: ApiObject): string[] {
  return as<CronJob>(object).spec?.schedule?.includes("TZ")
    ? [
        "cannot use TZ or CRON_TZ in spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones for more details",
      ]
    : [];
}

function setWarnings(object: ApiObject): string[] {
  const { volumeClaimTemplates = [], revisionHistoryLimit = 0 } = as<StatefulSet>(object).spec ?? {};
  const claims = volumeClaimTemplates.flatMap(({ spec }, i) => claimSpecWarnings(`spec.volumeClaimTemplates[${i}]`, spec));
  const text = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
  return revisionHistoryLimit < 0 ? [...claims, text] : claims;
}

const always = (warnings: (object: ApiObject) => string[]): KindWarnings => ({ onCreate: warnings, onUpdate: warnings });

const kinds: ReadonlyMap<string, KindWarnings> = new Map<string, KindWarnings>([
  [
    "/Pod",
    {
      onCreate: (object) => {
        const { spec, metadata } = as<Pod>(object);
        return [...nameWarnings(object, "the Pod's hostname"), ...(spec ? podWarnings(spec, metadata ?? {}, "") : [])];
      },
      onUpdate: none,
    },
  ],
  ["/PodTemplate", always((object) => templateWarnings(as<PodTemplate>(object).template, "template"))],
  ["/ReplicationController", workload(true)],
  ["apps/Deployment", workload(true)],
  ["apps/ReplicaSet", workload(true)],
  ["apps/DaemonSet", workload(false)],
  ["apps/StatefulSet", workload(false, setWarnings)],
  ["batch/Job", { onCreate: (object) => [...nameWarnings(object, inPods), ...ofJob(object)], onUpdate: ofJob }],
  [
    "batch/CronJob",
    {
      onCreate: (object) => [...nameWarnings(object, inPods), ...ofCronJob(object)],
      onUpdate: (object) => [...ofCronJob(object), ...zoneWarnings(object)],
    },
  ],
  ["/Service", always(serviceWarnings)],
  ["/Endpoints", always(endpointsWarnings)],
  ["/Node", always(nodeWarnings)],
  ["/PersistentVolume", always(volumeWarnings)],
  ["/PersistentVolumeClaim", always(claimWarnings)],
  ["networking.k8s.io/Ingress", { onCreate: ingressWarnings, onUpdate: none }],
  ["node.k8s.io/RuntimeClass", always(runtimeClassWarnings)],
]);

/** Kinds that are told about again only when their generation moves. */
const byGeneration: ReadonlySet<string> = new Set(
  "/PodTemplate /ReplicationController apps/Deployment apps/ReplicaSet apps/DaemonSet apps/StatefulSet batch/Job batch/CronJob".split(" "),
);

/** `old`: undefined for a creation. */
export function warningsOf(group: string, kind: string, object: ApiObject, old?: ApiObject): readonly string[] {
  const key = `${group}/${kind}`;
  const found = kinds.get(key);
  if (!found) return [];
  if (old === undefined) return found.onCreate(object);
  if (byGeneration.has(key) && object.metadata.generation === old.metadata.generation) return [];
  return (found.onUpdate ?? found.onCreate)(object);
}
