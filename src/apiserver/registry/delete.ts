// DELETE, of one object and of all that a selector takes.
// Invariant: options are checked before the first object is touched; each object is deleted under its own conditions.
// Called by: registry.ts. Next on the way: deletion.ts (what it means), write.ts (doing it).

import {
  type ApiObject,
  ApiError,
  DecodeError,
  decodeJson,
  decodeProtobuf,
  groupVersions,
  joinApiVersion,
  type ResourceInfo,
  rulesFor,
  yamlToJson,
} from "#api";
import type { HttpResponse } from "#wire";
import { mediaTypes } from "../accept.ts";
import { type AdmissionRequest, runValidating } from "../admission/step.ts";
import type { Entry } from "../cache/entry.ts";
import type { Call } from "../call.ts";
import { spanOfPart } from "../cause.ts";
import { objectResponse } from "../output.ts";
import { releaseAllocated } from "./allocate.ts";
import { answerEntry } from "./answer.ts";
import { contentType, readBody, schemeName } from "./body.ts";
import { clone } from "./clone.ts";
import { decideDeletion } from "./deletion.ts";
import { answerList, selectEntries } from "./list.ts";
import { checkDeleteOptions, checkListOptions, type DeleteOptions, deleteOptionsFromQuery, readListOptions } from "./options.ts";
import { change, type Outcome, subjectOf, type Target, targetOf } from "./write.ts";

const statusType = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const optionsType = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

/** Kinds whose deletion answers the object; the others answer a Status. */
const answersObject: ReadonlySet<string> = new Set(
  `
  /Pod /Namespace /Service /ServiceAccount /PersistentVolume /PersistentVolumeClaim /PodTemplate /ResourceQuota
  storage.k8s.io/CSIDriver storage.k8s.io/CSINode storage.k8s.io/StorageClass storage.k8s.io/VolumeAttachment
  storage.k8s.io/VolumeAttributesClass resource.k8s.io/ResourceClaim resource.k8s.io/ResourceClaimTemplate
  resource.k8s.io/ResourceSlice resource.k8s.io/DeviceClass
  `
    .trim()
    .split(/\s+/),
);

/** Kinds whose dependents stay when nobody says otherwise, for the sake of old clients. */
function orphansByDefault({ group, version, kind }: ResourceInfo): boolean {
  return (group === "batch" && version === "v1" && kind === "Job") || (group === "" && kind === "ReplicationController");
}

export async function readDeleteOptions(call: Call): Promise<DeleteOptions> {
  const bytes = await readBody(call.request);
  const options = bytes.length === 0 ? deleteOptionsFromQuery(call.info.query) : decodeOptions(contentType(call.request), bytes);
  checkDeleteOptions(options);
  return options;
}

function decodeOptions(media: string, bytes: Buffer): DeleteOptions {
  let object: ApiObject;
  try {
    if (media === "application/vnd.kubernetes.protobuf") ({ object } = decodeProtobuf(bytes));
    else if (media === "application/json" || media === "") ({ object } = decodeJson(bytes, optionsType));
    else if (media === "application/yaml") ({ object } = decodeJson(yamlToJson(bytes).json, optionsType));
    else throw ApiError.unsupportedMediaType(mediaTypes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const text = error.kind === "value" ? error.message : `couldn't get version/kind; json parse error: ${error.message}`;
    throw ApiError.badRequest(text);
  }
  const { kind, apiVersion } = object as Partial<ApiObject>;
  const known = groupVersions().some(({ group, version }) => joinApiVersion(group, version) === apiVersion);
  if (kind && (kind !== "DeleteOptions" || !(known || apiVersion === "meta.k8s.io/v1")))
    throw ApiError.badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${schemeName}`,
    );
  return object as unknown as DeleteOptions;
}

export async function deleteOne(call: Call): Promise<HttpResponse> {
  const options = await readDeleteOptions(call);
  warnOrphans(call, options);
  const { name } = call.info;
  if (await dropPoisoned(call, targetOf(call, name), options)) return succeeded(call, name, undefined);
  const outcome = await deleteObject(call, targetOf(call, name), options);
  if (outcome === undefined) throw ApiError.notFound(subjectOf(call), name);
  const { group, kind } = call.resource;
  if (outcome.type !== "deleted") {
    const accepted = options.orphanDependents === false;
    return answerEntry(call, accepted ? 202 : 200, outcome.entry);
  }
  if (answersObject.has(`${group}/${kind}`)) return answerEntry(call, 200, outcome.entry);
  return succeeded(call, name, outcome.entry);
}

function succeeded(call: Call, name: string, entry: Entry | undefined): HttpResponse {
  const { group, resource } = call.resource;
  const uid = entry && (JSON.parse(entry.bytes.toString("utf8")) as ApiObject).metadata.uid;
  const details = { name, ...(group !== "" && { group }), kind: resource, ...(uid !== undefined && { uid }) };
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  return objectResponse(200, status, statusType, { ...call.representation, view: "object" });
}

function warnOrphans(call: Call, { propagationPolicy, orphanDependents }: DeleteOptions): void {
  if (call.resource.group !== "batch" || call.resource.kind !== "Job" || propagationPolicy !== undefined || orphanDependents !== undefined)
    return;
  call.warn(
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  );
}

/** A value that does not decode has no finalizers and no grace that anyone could read: it can only be thrown away. */
async function dropPoisoned(call: Call, target: Target, options: DeleteOptions): Promise<boolean> {
  const poisoned = call.core.cache.of(call.resource).poisoned.get(target.key);
  if (poisoned === undefined || (options.dryRun ?? []).length > 0) return poisoned !== undefined;
  const { store } = call.core;
  const result = await store.txn({ key: target.key, expect: poisoned.revision, operation: { type: "delete" }, cause: call.cause });
  if (result.succeeded) call.written = { key: target.key, revision: result.revision };
  return result.succeeded;
}

/** Undefined: there is no such object. */
export async function deleteObject(call: Call, target: Target, options: DeleteOptions): Promise<Outcome | undefined> {
  const { info } = target.shape;
  const dryRun = (options.dryRun ?? []).length > 0;
  let gone: ApiObject | undefined;
  const outcome = await change(call, target, { dryRun }, async (stored) => {
    gone = stored?.object;
    if (stored === undefined) return { type: "keep" };
    const admission: AdmissionRequest = {
      operation: "DELETE",
      resource: call.resource,
      subresource: "",
      namespace: target.namespace,
      name: target.name,
      object: undefined,
      old: stored.object,
      user: call.user,
      dryRun,
      reader: call.core.reader,
    };
    await runValidating(call.core.admission, admission);
    return decideDeletion({
      object: clone(stored.object),
      group: info.group,
      kind: info.kind,
      options,
      rules: rulesFor(info.group, info.kind),
      orphanByDefault: orphansByDefault(info),
      nowMs: call.core.clock.nowMs(),
    });
  });
  if (gone === undefined) return undefined;
  if (outcome.type === "deleted" && !dryRun) await releaseAllocated(call, gone);
  return outcome;
}

export async function deleteCollection(call: Call): Promise<HttpResponse> {
  const options = await readDeleteOptions(call);
  const listOptions = readListOptions(call.info.query);
  checkListOptions(listOptions);
  const selection = await selectEntries(call, listOptions);
  const deleted: Entry[] = [];
  for (const entry of selection.entries) {
    const target = { shape: call.core.cache.of(call.resource).shape, key: entry.key, namespace: entry.namespace, name: entry.name };
    // Gone in between is as good as deleted by us.
    if ((await deletePart(call, target, options)) !== undefined) deleted.push(entry);
  }
  return answerList(call, { ...selection, entries: deleted });
}

/** Each with a span of its own: what follows from a deletion, and who asks why an object is gone, finds this one. */
async function deletePart(call: Call, target: Target, options: DeleteOptions): Promise<Outcome | undefined> {
  const { clock } = call.core;
  const parts = (call.parts ??= []);
  const cause = { ...call.cause, spanId: spanOfPart(call.cause.spanId, parts.length + 1) };
  const one: Call = { ...call, cause, written: undefined };
  const startMs = clock.nowMs();
  const outcome = await deleteObject(one, target, options);
  if (one.written) {
    parts.push({ cause, written: one.written, startMs, endMs: clock.nowMs() });
    call.written = one.written;
  }
  return outcome;
}
