// The table of resources: what is served where, with verbs as discovery tells them and the types of bodies.
// Invariant: only stable versions; subresources stand with their resource, both in alphabetical order.
// Called by: generate.ts. Next on the way: src/api/machinery/resources.ts, which adds short names and categories.

import { isStable, type ResourceEntry, type Tables } from "./tables.ts";

type SubresourceRow = [name: string, group: string, version: string, kind: string, verbs: string, type: string];
type ResourceRow = [resource: string, kind: string, namespaced: 0 | 1, verbs: string, type: string, subresources: SubresourceRow[]];

/** `connect` is one word for what discovery spells as the verbs of the HTTP methods that a connection may be asked with. */
function discoveryVerbs(subresource: string, verbs: readonly string[]): string {
  if (!verbs.includes("connect")) return verbs.join(" ");
  return subresource === "proxy" ? "create delete get patch update" : "create get";
}

/** The published document has no body for what only answers; then the type is found by its kind. */
function bodyType(tables: Tables, entry: ResourceEntry): string {
  const body = entry.body?.post ?? entry.body?.put;
  if (body !== undefined) return body;
  const wanted = entry.kind.join("/");
  return (
    Object.entries(tables.types).find(
      ([, { gvk }]) => Array.isArray(gvk) && gvk.some((triple: readonly string[]) => triple.join("/") === wanted),
    )?.[0] ?? ""
  );
}

export function emitResources(tables: Tables): string {
  const result: [string, ResourceRow[]][] = [];
  for (const [groupVersion, entries] of Object.entries(tables.resources)) {
    if (!isStable(`.${groupVersion.split("/").at(-1)}`)) continue;
    const rows = new Map<string, ResourceRow>();
    for (const [path, entry] of Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const [resource = "", subresource] = path.split("/");
      const type = bodyType(tables, entry);
      if (subresource === undefined) {
        const verbs = resource === "componentstatuses" ? "get list" : entry.verbs.join(" ");
        rows.set(resource, [resource, entry.kind[2], entry.namespaced ? 1 : 0, verbs, type, []]);
      } else {
        rows.get(resource)?.[5].push([subresource, ...entry.kind, discoveryVerbs(subresource, entry.verbs), type]);
      }
    }
    if (rows.size > 0) result.push([groupVersion, [...rows.values()]]);
  }
  const lines = result.map(
    ([groupVersion, rows]) => `${JSON.stringify(groupVersion)}:[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]`,
  );
  return `{\n${lines.join(",\n")}\n}\n`;
}
