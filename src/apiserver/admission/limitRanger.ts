// LimitRanges: what containers get that do not say how much they want, and how much is too little or too much.
// Invariant: fills in only what is missing, and says so in an annotation; checks the pod as it will be stored.
// Called by: admission/step.ts. Next on the way: serviceAccount.ts.

import {
  type ApiObject,
  ApiError,
  type Container,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
  podLimitList,
  podRequestList,
  Quantity,
  type ResourceList,
} from "#api";
import { own } from "#lib";
import type { AdmissionRequest, AdmissionStep } from "./step.ts";

const annotation = "kubernetes.io/limit-ranger";

function concerns({ operation, resource, subresource, object, old }: AdmissionRequest): boolean {
  if (!object || subresource !== "" || resource.group !== "" || old?.metadata.deletionTimestamp !== undefined) return false;
  if (resource.kind === "Pod") return operation === "CREATE";
  return resource.kind === "PersistentVolumeClaim" && operation !== "DELETE";
}

async function rangesOf({ reader, namespace }: AdmissionRequest): Promise<LimitRange[]> {
  return (await reader.list("", "limitranges", namespace)) as unknown as LimitRange[];
}

export const limitRanger: AdmissionStep = {
  name: "LimitRanger",
  kinds: ["Pod", "PersistentVolumeClaim"],
  async mutate(request) {
    if (!concerns(request) || request.resource.kind !== "Pod") return;
    for (const range of await rangesOf(request)) fill(request.object as unknown as Pod, range);
  },
  async validate(request) {
    if (!concerns(request)) return;
    const { resource, object, name } = request;
    for (const range of await rangesOf(request)) {
      const problems = new Set(resource.kind === "Pod" ? podProblems(object!, range) : claimProblems(object!, range));
      if (problems.size === 0) continue;
      const text = problems.size === 1 ? [...problems][0]! : `[${[...problems].join(", ")}]`;
      throw ApiError.forbidden({ group: "", resource: resource.resource }, name, text);
    }
  },
};

function fill(pod: Pod, range: LimitRange): void {
  const defaults = (range.spec?.limits ?? []).filter(({ type }) => type === "Container");
  const limits = Object.assign({}, ...defaults.map((item) => item.default)) as ResourceList;
  const requests = Object.assign({}, ...defaults.map((item) => item.defaultRequest)) as ResourceList;
  const said = [
    ...(pod.spec?.containers ?? []).flatMap((one) => fillContainer(one, "container", requests, limits)),
    ...(pod.spec?.initContainers ?? []).flatMap((one) => fillContainer(one, "init container", requests, limits)),
  ];
  if (said.length === 0) return;
  const metadata = (pod.metadata ??= {});
  metadata.annotations = { ...metadata.annotations, [annotation]: `LimitRanger plugin set: ${said.join("; ")}` };
}

/** What was filled in, as sentences. */
function fillContainer(container: Container, what: string, requests: ResourceList, limits: ResourceList): string[] {
  const resources = (container.resources ??= {});
  const add = (field: "requests" | "limits", defaults: ResourceList): string[] => {
    const given = resources[field] ?? {};
    const missing = Object.keys(defaults)
      .filter((name) => !Object.hasOwn(given, name))
      .sort();
    if (missing.length === 0) return [];
    resources[field] = { ...given, ...Object.fromEntries(missing.map((name) => [name, defaults[name]!])) };
    return [`${missing.join(", ")} ${field.slice(0, -1)} for ${what} ${container.name}`];
  };
  // Limits first, so that a request left out does not take over a limit left out.
  const said = add("limits", limits);
  return [...add("requests", requests), ...said];
}

interface Amounts {
  readonly type: string;
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

const sorted = (list: ResourceList | undefined): [string, string][] => Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
const amount = (list: ResourceList, name: string): Quantity | undefined => {
  const text = own(list, name);
  return text === undefined ? undefined : Quantity.parse(text);
};

function tooLittle(name: string, enforced: string, { type, requests, limits }: Amounts): string | undefined {
  const [request, limit, least] = [amount(requests, name), amount(limits, name), Quantity.parse(enforced)];
  const text = `minimum ${name} usage per ${type} is ${least.toString()}`;
  if (!request) return `${text}.  No request is specified`;
  if (request.cmp(least) < 0) return `${text}, but request is ${request.toString()}`;
  return limit && limit.cmp(least) < 0 ? `${text}, but limit is ${limit.toString()}` : undefined;
}

function tooMuch(name: string, enforced: string, { type, requests, limits }: Amounts): string | undefined {
  const [request, limit, most] = [amount(requests, name), amount(limits, name), Quantity.parse(enforced)];
  const text = `maximum ${name} usage per ${type} is ${most.toString()}`;
  if (!limit) return `${text}.  No limit is specified`;
  if (limit.cmp(most) > 0) return `${text}, but limit is ${limit.toString()}`;
  return request && request.cmp(most) > 0 ? `${text}, but request is ${request.toString()}` : undefined;
}

function tooWide(name: string, enforced: string, { type, requests, limits }: Amounts): string | undefined {
  const [request, limit, most] = [amount(requests, name), amount(limits, name), Quantity.parse(enforced)];
  const text = `${name} max limit to request ratio per ${type} is ${most.toString()}`;
  if (!request || request.isZero) return `${text}, but no request is specified or request is 0`;
  if (!limit || limit.isZero) return `${text}, but no limit is specified or limit is 0`;
  const ratio = limit.toNumber() / request.toNumber();
  return ratio > most.toNumber() ? `${text}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

function problemsOf(item: LimitRangeItem, amounts: Amounts): string[] {
  const check = (list: ResourceList | undefined, one: typeof tooLittle): (string | undefined)[] =>
    sorted(list).map(([name, enforced]) => one(name, enforced, amounts));
  return [...check(item.min, tooLittle), ...check(item.max, tooMuch), ...check(item.maxLimitRequestRatio, tooWide)].filter(
    (text) => text !== undefined,
  );
}

function podProblems(object: ApiObject, { spec }: LimitRange): string[] {
  const pod = object as unknown as Pod;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return (spec?.limits ?? []).flatMap((item) => {
    const { type } = item;
    if (type === "Container")
      return containers.flatMap(({ resources }) =>
        problemsOf(item, { type, requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }),
      );
    if (type !== "Pod") return [];
    const options = { overhead: false };
    return problemsOf(item, { type, requests: podRequestList(pod, options), limits: podLimitList(pod, options) });
  });
}

/** A claim has no limits: what it requests is held against both ends. */
function claimProblems(object: ApiObject, { spec }: LimitRange): string[] {
  const requests = (object as unknown as PersistentVolumeClaim).spec?.resources?.requests ?? {};
  return (spec?.limits ?? []).flatMap((item) => {
    const { type } = item;
    if (type !== "PersistentVolumeClaim") return [];
    const most = sorted(item.max).map(([name, enforced]) => {
      const request = amount(requests, name);
      const text = `maximum ${name} usage per ${type} is ${Quantity.parse(enforced).toString()}`;
      if (!request) return `${text}.  No request is specified`;
      return request.cmp(Quantity.parse(enforced)) > 0 ? `${text}, but request is ${request.toString()}` : undefined;
    });
    const least = sorted(item.min).map(([name, enforced]) => tooLittle(name, enforced, { type, requests, limits: {} }));
    return [...least, ...most].filter((text) => text !== undefined);
  });
}
