// A list as bytes: a head that says where it ends, then item after item straight from the cache.
// Invariant: never more than one chunk of a long list is in memory beside the cache itself.
// Called by: list.ts. Next on the way: the socket, which pulls.

import { encodeJson, encodeProtobuf, joinApiVersion } from "#api";
import { Slicer } from "#lib";
import type { HttpResponse } from "#wire";
import { canonicalHead } from "../cache/splice.ts";
import { type Entry, itemPieces, maxItemExtraBytes, objectOf, partialPieces, writeItem } from "../cache/entry.ts";
import type { Call } from "../call.ts";
import { bytesResponse, type EntryView, servesStoredBytes, tableOf, viewedObject } from "../output.ts";
import { viewOf } from "./answer.ts";
import type { Selection } from "./list.ts";

const wholeBytes = 256 << 10;
const chunkBytes = 128 << 10;

interface ListMeta {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

function metaOf({ revision, continueToken, remainingItemCount }: Selection): ListMeta {
  const metadata: ListMeta = { resourceVersion: String(revision) };
  if (continueToken !== "") metadata.continue = continueToken;
  if (remainingItemCount !== undefined) metadata.remainingItemCount = remainingItemCount;
  return metadata;
}

export async function listBody(call: Call, selection: Selection): Promise<HttpResponse> {
  const view = viewOf(call);
  const { representation } = view;
  if (representation.view === "table" || representation.media === "protobuf") return wholeList(call, view, selection);
  const partial = representation.view === "partial";
  const kind = partial ? "PartialObjectMetadataList" : call.resource.listKind;
  const apiVersion = partial ? "meta.k8s.io/v1" : joinApiVersion(call.resource.group, call.resource.version);
  const head = Buffer.from(
    `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metaOf(selection))},"items":[`,
  );
  const { entries } = selection;
  const short = entries.reduce((sum, entry) => sum + entry.bytes.length, 0) < wholeBytes;
  // What has to be looked at as a whole (pretty JSON, YAML) is not streamed.
  if (short || representation.pretty || representation.media === "yaml") {
    const pieces: Buffer[] = [head];
    for (const [index, entry] of entries.entries()) {
      if (index > 0) pieces.push(comma);
      pieces.push(...pieceOf(view, entry));
    }
    pieces.push(end);
    return bytesResponse(200, Buffer.concat(pieces), representation);
  }
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-cache, private" },
    body: chunks(call, view, head, entries),
  };
}

const comma = Buffer.from(",");
const end = Buffer.from("]}");
const brace = Buffer.from("{");

function pieceOf(view: EntryView, entry: Entry): Buffer[] {
  if (view.representation.view === "partial") return partialPieces(view.shape, entry);
  if (servesStoredBytes(view)) return itemPieces(view.shape, entry);
  const { group, version, kind, type } = view.resource;
  const typeLength = canonicalHead(joinApiVersion(group, version), kind).length - '"metadata":{'.length;
  return [brace, encodeJson(viewedObject(view, entry), type).subarray(typeLength)];
}

async function* chunks(call: Call, view: EntryView, head: Buffer, entries: readonly Entry[]): AsyncGenerator<Uint8Array> {
  const slicer = new Slicer(call.core.clock);
  yield head;
  for (let from = 0; from < entries.length; ) {
    let to = from;
    for (let length = 0; to < entries.length && length < chunkBytes; to++) length += entries[to]!.bytes.length;
    yield chunkOf(view, entries, from, to);
    from = to;
    if (slicer.spent) await slicer.turn();
  }
  yield end;
}

/** A run of items with the comma before each but the list's first. */
function chunkOf(view: EntryView, entries: readonly Entry[], from: number, to: number): Buffer {
  const items = entries.slice(from, to);
  if (!servesStoredBytes(view)) {
    return Buffer.concat(items.flatMap((entry, index) => [...(from + index > 0 ? [comma] : []), ...pieceOf(view, entry)]));
  }
  const room = items.reduce((sum, { bytes }) => sum + bytes.length + maxItemExtraBytes, 0);
  const chunk = Buffer.allocUnsafeSlow(room);
  let at = 0;
  for (const [index, entry] of items.entries()) {
    if (from + index > 0) chunk[at++] = 0x2c;
    at = writeItem(view.shape, entry, chunk, at);
  }
  return chunk.subarray(0, at);
}

/** Tables and protobuf are built from objects, in slices. */
async function wholeList(call: Call, view: EntryView, selection: Selection): Promise<HttpResponse> {
  const slicer = new Slicer(call.core.clock);
  const { representation, resource } = view;
  const objects = [];
  for (const entry of selection.entries) {
    objects.push(representation.view === "partial" ? objectOf(view.shape, entry) : viewedObject(view, entry));
    if (slicer.spent) await slicer.turn();
  }
  const metadata = metaOf(selection);
  if (representation.view === "table") return bytesResponse(200, tableOf(view, objects, metadata), representation);
  if (representation.view === "partial") {
    const items = objects.map((object) => ({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata }));
    const partial = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items };
    const type = "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList";
    return bytesResponse(200, encodeProtobuf(partial, type), representation);
  }
  const apiVersion = joinApiVersion(resource.group, resource.version);
  const whole = { kind: resource.listKind, apiVersion, metadata, items: objects };
  return bytesResponse(200, encodeProtobuf(whole, `${resource.type}List`), representation);
}
