// From client-side to server-side apply: what the annotation that kubectl once wrote still allows, and keeping it true.
// Invariant: only the applier called kubectl is concerned; an annotation that cannot be read allows nothing.
// Called by: applyconfig.ts. Next on the way: compare.ts.

import { untypedText } from "../machinery/codec/encode.ts";
import type { ApiObject } from "../machinery/object.ts";
import { compare } from "./compare.ts";
import { type Document, documentOf } from "./document.ts";
import { fieldsOfDocument } from "./fieldsof.ts";
import type { FieldSet } from "./fieldset.ts";
import { apiVersionOf, type Write } from "./track.ts";
import { validateDocument } from "./validate.ts";

export const kubectlApplier = "kubectl";
const annotation = "kubectl.kubernetes.io/last-applied-configuration";
const maxAnnotationsBytes = 256 << 10;

/** The fields that kubectl applied last and that still say what it applied; undefined: it never did. */
export function allowedByLastApplied(live: ApiObject, { view }: Write): FieldSet | undefined {
  const text = live.metadata.annotations?.[annotation];
  if (text === undefined || text === "") return undefined;
  let applied: Document;
  try {
    applied = JSON.parse(text) as Document;
  } catch {
    return undefined;
  }
  if (applied["apiVersion"] !== apiVersionOf(view) || validateDocument(applied, view.type) !== undefined) return undefined;
  const { added, modified, removed } = compare(applied, documentOf(live, view.type), view.type);
  return fieldsOfDocument(applied, view.type).difference(modified).difference(added).difference(removed);
}

/** Where the annotation stands, it is brought up to date: whoever goes back to client-side apply compares with it. */
export function withLastApplied(document: Document, applied: Document): void {
  const metadata = document["metadata"] as { annotations?: Record<string, string> } | undefined;
  if (!metadata?.annotations?.[annotation]) return;
  const others = { ...metadata.annotations };
  delete others[annotation];
  const updated = { ...others, [annotation]: `${untypedText(withoutAnnotation(applied))}\n` };
  const size = Object.entries(updated).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  metadata.annotations = size <= maxAnnotationsBytes ? updated : others;
}

function withoutAnnotation(applied: Document): Document {
  const metadata = applied["metadata"] as { annotations?: Record<string, string> } | undefined;
  if (!metadata?.annotations) return applied;
  const annotations = { ...metadata.annotations };
  delete annotations[annotation];
  return { ...applied, metadata: { ...metadata, annotations } };
}
