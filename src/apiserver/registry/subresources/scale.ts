// scale: how many copies, as one small object of its own, the same for every kind that has copies.
// Invariant: a Scale is a view: its resourceVersion is its owner's, and writing it changes nothing but the number of copies.
// Called by: index.ts; its callers are kubectl scale and autoscalers. Next on the way: update.ts.

import { type ApiObject, ApiError, fieldError, joinApiVersion, rulesFor, type ScalePaths, type SubresourceInfo } from "#api";
import type { HttpResponse } from "#wire";
import { objectOf } from "../../cache/entry.ts";
import type { Call } from "../../call.ts";
import { freshResponse } from "../../output.ts";
import { checkStrict, contentType, decodeBody, readBody } from "../body.ts";
import { clone } from "../clone.ts";
import { getEntry } from "../get.ts";
import { writeOptions } from "../options.ts";
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
  const { verb, name, query } = call.info;
  if (verb === "get") return answer(objectOf(shape, await getEntry(call, name, query.get("resourceVersion") ?? "")));
  const options = writeOptions(verb === "patch" ? "PatchOptions" : "UpdateOptions", query);
  const propose = verb === "patch" ? await fromPatch(call, paths, subresource) : await fromBody(call, kind);
  const outcome = await updateObject(call, options, async (stored) => {
    const wanted = propose(stored.object);
    checkName(call, wanted);
    const replicas = wanted.spec?.replicas ?? 0;
    if (replicas < 0) throw invalid(name, replicas);
    const object = clone(stored.object);
    paths.setSpecReplicas(object, replicas);
    return { object, resourceVersion: parseResourceVersion(wanted.metadata.resourceVersion) };
  });
  if (outcome.type === "missing") throw ApiError.notFound(subjectOf(call), name);
  return answer(objectOf(shape, outcome.entry));
}

function invalid(name: string, replicas: number): ApiError {
  const error = fieldError.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
  return ApiError.invalid({ group: "autoscaling", kind: "Scale" }, name, [error]);
}

type Propose = (stored: ApiObject) => Scale;

async function fromBody(call: Call, kind: SubresourceInfo & { type: string }): Promise<Propose> {
  const { fieldValidation } = writeOptions("UpdateOptions", call.info.query);
  const decoded = decodeBody({ expected: kind, media: contentType(call.request), bytes: await readBody(call.request) });
  const given = checkStrict(decoded, fieldValidation, kind, call.warn) as Scale;
  return () => clone(given);
}

async function fromPatch(call: Call, paths: ScalePaths, subresource: SubresourceInfo): Promise<Propose> {
  const patch = await readPatch(call);
  return (stored) => patchObject(call, patch, viewOf(paths, stored, subresource), scaleType).object as Scale;
}
