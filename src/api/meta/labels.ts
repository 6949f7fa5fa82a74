// Label selectors: who belongs to a Service, a ReplicaSet, a `kubectl get -l`.
// Invariant: a selector is immutable; an empty one matches everything, a missing one (undefined) matches nothing.
// Called by: apiserver (list, watch), controllers, scheduler, kinds. Next on the way: fields.ts.

import { own } from "#lib";
import type { LabelSelector } from "../machinery/types.gen.ts";
import { ApiError } from "./errors.ts";
import { compareBytes } from "./gotext.ts";
import { type LabelOperator, type LabelRequirement, parseRequirements, SelectorSyntaxError } from "./labelparser.ts";

export interface Selector {
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** Matches everything. */
  readonly empty: boolean;
  readonly requirements: readonly LabelRequirement[];
  toString(): string;
}

function meets({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, string>> | undefined): boolean {
  const value = own(labels, key);
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt": {
      if (value === undefined || !/^[+-]?[0-9]+$/.test(value)) return false;
      const difference = BigInt(value) - BigInt(values[0] ?? "0");
      return operator === "gt" ? difference > 0n : difference < 0n;
    }
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${[...values].sort(compareBytes).join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    case "=":
    case "==":
    case "!=":
      return `${key}${operator}${values[0]}`;
  }
}

function selectorOf(found: readonly LabelRequirement[]): Selector {
  const requirements = [...found].sort((a, b) => compareBytes(a.key, b.key));
  return {
    requirements,
    empty: requirements.length === 0,
    matches: (labels) => requirements.every((requirement) => meets(requirement, labels)),
    toString: () => requirements.map(requirementText).join(","),
  };
}

export const everything: Selector = selectorOf([]);
export const nothing: Selector = { requirements: [], empty: false, matches: () => false, toString: () => "" };

export function parseLabelSelector(text: string): Selector {
  try {
    return selectorOf(parseRequirements(text));
  } catch (error) {
    if (error instanceof SelectorSyntaxError) throw ApiError.badRequest(error.message);
    throw error;
  }
}

const operators: Readonly<Record<string, LabelOperator>> = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" };

/** The selector an object carries. Undefined selects nothing, an empty one everything. */
export function selectorFromLabelSelector(selector: LabelSelector | undefined): Selector {
  if (!selector) return nothing;
  const found: LabelRequirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: "=",
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = own(operators, operator ?? "");
    if (!known) throw ApiError.badRequest(`"${operator}" is not a valid label selector operator`);
    found.push({ key: key ?? "", operator: known, values: values ?? [] });
  }
  return selectorOf(found);
}

/** The selector of a plain map (Service, ReplicationController): no labels select nothing here; callers decide. */
export function selectorFromMap(labels: Readonly<Record<string, string>> | undefined): Selector {
  return selectorOf(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: "=", values: [value] })));
}

/** As kubectl prints a LabelSelector in a table: `app=web,tier in (a,b)`; `<none>` for an empty one. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  try {
    const text = selectorFromLabelSelector(selector).toString();
    return text === "" ? "<none>" : text;
  } catch {
    return "<error>";
  }
}
