// Small helpers for columns and cells: names, ages, containers, label maps.
// Invariant: a cell's text is what kubectl shows; the wide columns come last or carry priority 1.
// Called by: kinds/<kind>.ts. Next on the way: printing/table.ts.

import type { Container, PodTemplateSpec } from "../machinery/types.gen.ts";
import { compareBytes } from "../meta/gotext.ts";
import type { Column } from "./rules.ts";

interface ColumnOptions {
  readonly type?: Column["type"];
  readonly wide?: boolean;
  readonly name?: boolean;
}

export function column(
  name: string,
  description: string,
  { type = "string", wide = false, name: isName = false }: ColumnOptions = {},
): Column {
  return { name, type, format: isName ? "name" : "", description, priority: wide ? 1 : 0 };
}

export const nameColumn: Column = column("Name", "Name of the object, unique within its namespace and kind.", { name: true });
export const ageColumn: Column = column("Age", "Time since the object was created.");
export const containersColumn: Column = column("Containers", "Names of the containers in the template.", { wide: true });
export const imagesColumn: Column = column("Images", "Images of the containers in the template.", { wide: true });
export const selectorColumn: Column = column("Selector", "Labels of the pods that belong to the object.", { wide: true });

export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map((container: Container) => container.name ?? "").join(",");
}

export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map((container: Container) => container.image ?? "").join(",");
}

/** `a=1,b=2` in the order of the keys, or `<none>`. */
export function labelText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.sort(compareBytes).join(",");
}

/** At most `max` items, then how many more. */
export function firstFew(items: readonly string[], max: number): string {
  if (items.length === 0) return "<unset>";
  const text = items.slice(0, max).join(",");
  return items.length > max ? `${text} + ${items.length - max} more...` : text;
}
