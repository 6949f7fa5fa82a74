// scale: how many copies, as one small object of its own, the same for every kind that has copies.
// Invariant: a Scale is a view: its resourceVersion is its owner's, and writing it changes nothing but the number of copies.
// Called by: index.ts; its callers are kubectl scale and autoscalers. Next on the way: update.ts.

import {
  type ApiObject,
  ApiError,
  fieldError,
  joinApiVersion,
  ownersFromScale,
  ownersOfScale,
  rulesFor,
  type ScalePaths,
  type SubresourceInfo,
  trackUpdate,
} from "#api";
import type { HttpResponse } from "#wire";
import { objectOf } from "../../cache/entry.ts";
import type { Call } from "../../call.ts";
import { freshResponse } from "../../output.ts";
import { applied, isApply, readConfiguration } from "../apply.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { clone } from "../clone.ts";
import { getEntry } from "../get.ts";
import { type WriteOptions, writeOptions } from "../options.ts";
import { writeOf } from "../ownership.ts";
import { patchObject, readPatch } from "../patch.ts";
import { checkName, parseResourceVersion, updateObject } from "../update.ts";
import { subjectOf } from "../write.ts";

const scaleType = "io.k8s.api.autoscaling.v1.Scale";

interface Scale extends ApiObject {
  spec?: { replicas?: number };
}

function pathsOf(call: Call): ScalePaths {
  const paths = rulesFor(call.resource.group, call.resource.kind)?.scale;
  if (paths) return paths;
  throw ApiError.of(501, "NotImplemented", `${call.resource.resource}/scale is not implemented yet`);
}

function viewOf(paths: ScalePaths, object: ApiObject, { group, version, kind }: SubresourceInfo): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector(object);
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as ApiObject["metadata"];
  return {
    kind,
    apiVersion: joinApiVersion(group, version),
    metadata,
    spec: { replicas: paths.specReplicas(object) },
    status: { replicas: paths.statusReplicas(object), ...(selector !== "" && { selector }) },
  };
}

export async function scale(call: Call, subresource: SubresourceInfo): Promise<HttpResponse> {
  const paths = pathsOf(call);
  const { shape } = call.core.cache.of(call.resource);
  const kind = { ...subresource, type: scaleType };
  const answer = (object: ApiObject): HttpResponse => freshResponse(200, kind, viewOf(paths, object, subresource), call.representation);
  const { name, query } = call.info;
  if (call.info.verb === "get") return answer(objectOf(shape, await getEntry(call, name, query.get("resourceVersion") ?? "")));
  const propose = await proposer(call, subresource);
  const apiVersion = joinApiVersion(call.resource.group, call.resource.version);
  const outcome = await updateObject(call, propose.options, async (stored) => {
    const { managedFields: owners } = stored.object.metadata;
    const live = viewOf(paths, stored.object, subresource);
    const seen = ownersOfScale(owners, apiVersion);
    if (seen) live.metadata.managedFields = seen;
    const wanted = propose.scale(live);
    checkName(call, wanted);
    const replicas = wanted.spec?.replicas ?? 0;
    if (replicas < 0) throw invalid(name, replicas);
    const object = clone(stored.object);
    paths.setSpecReplicas(object, replicas);
    const left = ownersFromScale(owners, wanted.metadata.managedFields, apiVersion);
    if (left) object.metadata.managedFields = left;
    else delete object.metadata.managedFields;
    return { object, resourceVersion: parseResourceVersion(wanted.metadata.resourceVersion), owned: true };
  });
  if (outcome.type === "missing") throw ApiError.notFound(subjectOf(call), name);
  return answer(objectOf(shape, outcome.entry));
}

function invalid(name: string, replicas: number): ApiError {
  const error = fieldError.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
  return ApiError.invalid({ group: "autoscaling", kind: "Scale" }, name, [error]);
}

/** What a request makes of the Scale there is, its owners included. */
interface Proposer {
  readonly options: WriteOptions;
  scale(live: Scale): Scale;
}

async function proposer(call: Call, subresource: SubresourceInfo): Promise<Proposer> {
  const kind = { ...subresource, type: scaleType };
  if (call.info.verb === "patch" && isApply(call)) return fromConfiguration(call, kind);
  const { options, propose } = call.info.verb === "patch" ? await fromPatch(call) : await fromBody(call, kind);
  return {
    options,
    scale(live) {
      const wanted = propose(live);
      const entries = trackUpdate(live, wanted, writeOf(call, options.fieldManager, kind));
      wanted.metadata = { ...wanted.metadata };
      delete wanted.metadata.managedFields;
      if (entries) wanted.metadata.managedFields = entries;
      return wanted;
    },
  };
}

type ScaleKind = SubresourceInfo & { readonly type: string };

async function fromConfiguration(call: Call, kind: ScaleKind): Promise<Proposer> {
  const configuration = await readConfiguration(call);
  const scale = (live: Scale): Scale => applied(call, configuration, live, kind) as Scale;
  return { options: configuration.options, scale };
}

interface Plain {
  readonly options: WriteOptions;
  readonly propose: (live: Scale) => Scale;
}

async function fromBody(call: Call, kind: ScaleKind): Promise<Plain> {
  const options = writeOptions("UpdateOptions", call.info.query);
  const decoded = decodeBody({ expected: kind, media: contentType(call.request), bytes: await readBody(call.request) });
  const given = checkStrict(decoded, options.fieldValidation, kind, call.warn) as Scale;
  return { options, propose: () => clone(given) };
}

async function fromPatch(call: Call): Promise<Plain> {
  const patch = await readPatch(call);
  const options = writeOptions("PatchOptions", call.info.query);
  return { options, propose: (live) => patchObject(call, patch, live, scaleType).object as Scale };
}
