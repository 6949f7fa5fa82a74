// One watch event as bytes, in the form its client negotiated: a line of JSON or a frame of protobuf.
// Invariant: one form of one event is encoded once, for all watchers together; a DELETED carries the last state at the deletion's revision.
// Called by: watch.ts. Next on the way: the socket.

import { type ApiError, encodeJson, encodeProtobuf, encodeProtobufWatchEvent, joinApiVersion } from "#api";
import type { Cause, Revision } from "#store";
import { type Entry, jsonPieces } from "./cache/entry.ts";
import type { CacheEvent, EventType } from "./cache/event.ts";
import { withoutOwnership } from "./cache/splice.ts";
import type { Call } from "./call.ts";
import { encodeAs, entryBytes, type EntryView, partialType, servesStoredBytes, statusType, tableOf, viewedObject } from "./output.ts";
import { viewOf } from "./registry/answer.ts";

const initialEventsEnd = "k8s.io/initial-events-end";

export class WatchLines {
  readonly #call: Call;
  readonly #view: EntryView;
  readonly #withCause: boolean;
  /** Without field ownership: half of an object, and nothing that a control loop reads. */
  readonly #bare: boolean;
  readonly #form: string;
  #columnsSent = false;

  constructor(call: Call, { causes, bare }: { readonly causes: boolean; readonly bare: boolean }) {
    this.#call = call;
    this.#view = viewOf(call);
    this.#withCause = causes;
    const { representation, resource, includeObject } = this.#view;
    this.#bare = bare && representation.media === "json" && representation.view === "object";
    const apiVersion = joinApiVersion(resource.group, resource.version);
    this.#form = `${apiVersion} ${representation.media} ${representation.view} ${includeObject} ${causes} ${this.#bare}`;
  }

  get contentType(): string {
    return this.#view.representation.media === "protobuf" ? "application/vnd.kubernetes.protobuf;stream=watch" : "application/json";
  }

  event(type: EventType, event: CacheEvent): Buffer {
    const entry = type === "DELETED" ? event.previous! : event.entry!;
    // Tables tell ages, and only their first names the columns: they are not shared.
    if (this.#view.representation.view === "table") return this.#frame(type, this.#table(entry, event.revision), event.cause);
    const form = `${type} ${this.#form}`;
    let line = event.encodings.get(form);
    if (line === undefined) {
      line = this.#frame(type, this.#bytes(entry, event.revision), event.cause);
      event.encodings.set(form, line);
    }
    return line;
  }

  /** An object that was there before the watch began. */
  state(entry: Entry): Buffer {
    const cause = this.#withCause ? this.#call.core.store.causeOf(entry.revision) : undefined;
    const bytes = this.#view.representation.view === "table" ? this.#table(entry, entry.revision) : this.#bytes(entry, entry.revision);
    return this.#frame("ADDED", bytes, cause);
  }

  bookmark(revision: Revision, initialEnd: boolean): Buffer {
    const metadata = {
      resourceVersion: String(revision),
      ...(initialEnd && { annotations: { [initialEventsEnd]: "true" } }),
    };
    const { representation, resource } = this.#view;
    const apiVersion = joinApiVersion(resource.group, resource.version);
    if (representation.view === "table") {
      return this.#frame("BOOKMARK", tableOf(this.#now(), [], metadata, true), undefined);
    }
    if (representation.view === "partial") {
      const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
      return this.#frame("BOOKMARK", encodeAs(partial, partialType, representation.media), undefined);
    }
    return this.#frame("BOOKMARK", encodeAs({ kind: resource.kind, apiVersion, metadata }, resource.type, representation.media), undefined);
  }

  error(error: ApiError): Buffer {
    const { media } = this.#view.representation;
    const status = error.status;
    const bytes = media === "protobuf" ? encodeProtobuf(status, statusType) : encodeJson(status, statusType);
    return this.#frame("ERROR", bytes, undefined);
  }

  #bytes(entry: Entry, revision: Revision): Buffer | readonly Buffer[] {
    // What goes out as it is stored is copied once, straight into its line.
    if (!this.#bare && servesStoredBytes(this.#view)) return jsonPieces(entry, revision);
    const bytes = entryBytes(this.#view, entry, revision);
    return this.#bare ? withoutOwnership(bytes) : bytes;
  }

  #now(): EntryView {
    return { ...this.#view, nowMs: this.#call.core.clock.nowMs() };
  }

  #table(entry: Entry, revision: Revision): Buffer {
    const object = viewedObject(this.#view, entry, revision);
    const table = tableOf(this.#now(), [object], { resourceVersion: String(revision) }, this.#columnsSent);
    this.#columnsSent = true;
    return table;
  }

  #frame(type: string, object: Buffer | readonly Buffer[], cause: Cause | undefined): Buffer {
    const pieces = Buffer.isBuffer(object) ? [object] : object;
    if (this.#view.representation.media === "protobuf") return encodeProtobufWatchEvent(type, Buffer.concat(pieces));
    const tail = this.#withCause && cause ? `,"cause":${JSON.stringify({ traceId: cause.traceId, spanId: cause.spanId })}}\n` : "}\n";
    return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), ...pieces, Buffer.from(tail)]);
  }
}
