// The selectors of a list, watch or deletion of many: parsed once, asked per entry, never parsing an object.
// Invariant: a field that the kind does not offer is refused before anything is read.
// Called by: list.ts, watch.ts. Next on the way: cache/.

import { ApiError, type FieldSelector, parseFieldSelector, parseLabelSelector, rulesFor, type Selector } from "#api";

import type { Entry } from "../cache/entry.ts";
import type { WatchScope } from "../cache/watcher.ts";
import type { Call } from "../call.ts";
import type { ListOptions } from "./options.ts";

export interface Selectors {
  readonly labels: Selector;
  readonly fields: FieldSelector;
  readonly empty: boolean;
  matches(entry: Entry): boolean;
}

export function selectorsOf(call: Call, options: ListOptions): Selectors {
  const labels = parseLabelSelector(options.labelSelector);
  const fields = parseFieldSelector(options.fieldSelector);
  checkFields(call, fields);
  const empty = labels.empty && fields.requirements.length === 0;
  const matches = (entry: Entry): boolean => labels.matches(entry.labels) && fields.matches(entry.fields);
  return { labels, fields, empty, matches: empty ? () => true : matches };
}

function checkFields(call: Call, fields: FieldSelector): void {
  const { group, version, kind } = call.resource;
  const offered = rulesFor(group, kind)?.selectableFieldNames;
  for (const { field } of fields.requirements) {
    if (field === "metadata.name" || field === "metadata.namespace" || offered?.includes(field)) continue;
    if (offered === undefined)
      throw ApiError.badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`);
    throw ApiError.badRequest(`field label not supported: ${field}${group === "" && version === "" ? kind : ""}`);
  }
}

/** The narrowest part of the resource that can hold anything the request may see. */
export function scopeOf(call: Call, fields: FieldSelector): WatchScope {
  const namespace = call.info.namespace !== "" && call.resource.namespaced ? call.info.namespace : fields.exact("metadata.namespace");
  const name = call.info.name !== "" ? call.info.name : fields.exact("metadata.name");
  const nodeName = call.resource.resource === "pods" ? fields.exact("spec.nodeName") : undefined;
  return { namespace, name, nodeName: nodeName === "" ? undefined : nodeName };
}
