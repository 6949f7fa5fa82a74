// Does a configuration fit its type? Asked before anything is merged, for a field nobody knows could be owned by nobody.
// Invariant: the texts are upstream's, and so is when it stops: at the first unknown field of a map, after all wrong values otherwise.
// Called by: applyconfig.ts. Next on the way: merge.ts.

import { goQuote } from "../machinery/codec/errors.ts";
import { findType, type Shape } from "../machinery/facts.ts";
import { goText } from "../patch/plain.ts";
import { elementText } from "./element.ts";
import { itemElement, KeyError, type Node, nodeOfType } from "./topology.ts";
import { itemNode, partNode } from "./compare.ts";

/** All problems as upstream joins them; undefined: it fits. */
export function validateDocument(document: unknown, type: string): string | undefined {
  const problems: string[] = [];
  check(document, { kind: "message", ref: type, goType: "" }, nodeOfType(type), "", problems);
  if (problems.length < 2) return problems[0];
  return `errors:\n${problems.map((problem) => `  ${problem}`).join("\n")}`;
}

function check(value: unknown, shape: Shape, node: Node | undefined, path: string, problems: string[]): void {
  const problem = (text: string): number => problems.push(path === "" ? text : `${path}: ${text}`);
  if (value === null) return;
  switch (shape.kind) {
    case "scalar":
      return checkScalar(value, shape.scalar, problem);
    case "special":
      return checkSpecial(value, shape.special, problem);
    case "message": {
      if (!isMap(value)) return void problem(`expected map, got ${shown(value)}`);
      const info = findType(shape.ref);
      for (const [name, part] of Object.entries(value)) {
        const field = info?.fields[info.byName.get(name) ?? -1];
        if (field === undefined) return void problems.push(`${path}.${name}: field not declared in schema`);
        check(part, field.shape, node && partNode(node, name), `${path}.${name}`, problems);
      }
      return;
    }
    case "map":
      if (!isMap(value)) return void problem(`expected map, got ${shown(value)}`);
      for (const [name, part] of Object.entries(value)) check(part, shape.value, node && partNode(node, name), `${path}.${name}`, problems);
      return;
    case "list":
      if (!Array.isArray(value)) return void problem(`expected list, got ${shown(value)}`);
      return checkItems(value, shape.item, node, { path, problems });
  }
}

interface At {
  readonly path: string;
  readonly problems: string[];
}

function checkItems(list: readonly unknown[], shape: Shape, node: Node | undefined, { path, problems }: At): void {
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    let element = `i:${index}`;
    if (node?.kind === "keyed" || node?.kind === "set") {
      try {
        element = itemElement(node, item);
      } catch (error) {
        if (!(error instanceof KeyError)) throw error;
        return void problems.push(`${path}: element ${index}: ${error.message}`);
      }
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${elementText(element)}`);
      seen.add(element);
    }
    check(item, shape, node && itemNode(node), `${path}${elementText(element)}`, problems);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Go's `%v` of a value in a wrapper. */
function shown(value: unknown): string {
  return `&{${goText(value)}}`;
}

function checkScalar(value: unknown, scalar: string, problem: (text: string) => void): void {
  const type = typeof value;
  if (scalar === "string" || scalar === "bytes") {
    if (type !== "string") problem(`expected string, got &value.valueUnstructured{Value:${goValue(value)}}`);
  } else if (scalar === "bool") {
    if (type !== "boolean") problem(`expected boolean, got ${shown(value)}`);
  } else if (type !== "number" && type !== "bigint") problem(`expected numeric (int or float), got ${goTypeName(value)}`);
}

function checkSpecial(value: unknown, special: string, problem: (text: string) => void): void {
  const type = typeof value;
  if (special === "Time" || special === "MicroTime" || special === "Duration") checkScalar(value, "string", problem);
  else if ((special === "Quantity" || special === "IntOrString") && type === "object") problem(`expected any scalar, got ${shown(value)}`);
}

function goTypeName(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "object" ? "map[string]interface {}" : typeof value === "boolean" ? "bool" : "string";
}

/** Go's `%#v`. */
function goValue(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : goText(value);
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goValue).join(", ")}}`;
  if (!isMap(value)) return String(value as boolean | bigint);
  const parts = Object.keys(value)
    .toSorted()
    .map((name) => `${goQuote(name)}:${goValue(value[name])}`);
  return `map[string]interface {}{${parts.join(", ")}}`;
}
