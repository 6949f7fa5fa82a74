// Where types travel: every path of a group and version with its methods, bodies and query parameters.
// Invariant: derived from the table of resources; both dialects are printed from this one list.
// Called by: v2.ts, v3.ts.   Next on the way: the client, which looks for PATCH with fieldValidation and dryRun.

import { findType } from "../machinery/facts.ts";
import { joinApiVersion } from "../machinery/object.ts";
import { type ResourceInfo, resources, type SubresourceInfo } from "../machinery/resources.ts";

export const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

export interface Parameter {
  readonly name: string;
  readonly type: "string" | "boolean" | "integer";
}

export interface Operation {
  readonly path: string;
  readonly method: "get" | "put" | "post" | "patch" | "delete";
  readonly action: string;
  readonly id: string;
  readonly tag: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly parameters: readonly Parameter[];
  /** Type of the request's body. */
  readonly body?: string;
  /** Type of the answer; absent where the answer is no object (logs, proxies). */
  readonly answer?: string;
}

const text = (name: string): Parameter => ({ name, type: "string" });
const listParameters: readonly Parameter[] = [
  { name: "allowWatchBookmarks", type: "boolean" },
  text("continue"),
  text("fieldSelector"),
  text("labelSelector"),
  { name: "limit", type: "integer" },
  text("resourceVersion"),
  text("resourceVersionMatch"),
  { name: "sendInitialEvents", type: "boolean" },
  { name: "timeoutSeconds", type: "integer" },
  { name: "watch", type: "boolean" },
];
const writeParameters = [text("dryRun"), text("fieldManager"), text("fieldValidation")];
const deleteParameters: readonly Parameter[] = [
  text("dryRun"),
  { name: "gracePeriodSeconds", type: "integer" },
  { name: "orphanDependents", type: "boolean" },
  text("propagationPolicy"),
];

interface Form {
  readonly method: Operation["method"];
  readonly action: string;
  readonly word: string;
  readonly parameters: readonly Parameter[];
  readonly body: (type: string) => string | undefined;
  readonly answer: (type: string) => string;
}

const none = (): undefined => undefined;
const itself = (type: string): string => type;
const status = (): string => `${meta}Status`;
const options = (): string => `${meta}DeleteOptions`;

const collectionForms: Readonly<Record<string, Form>> = {
  list: { method: "get", action: "list", word: "list", parameters: listParameters, body: none, answer: (type) => `${type}List` },
  create: { method: "post", action: "post", word: "create", parameters: writeParameters, body: itself, answer: itself },
  deletecollection: {
    method: "delete",
    action: "deletecollection",
    word: "deleteCollection",
    parameters: [...deleteParameters, ...listParameters.filter(({ name }) => name !== "watch" && name !== "allowWatchBookmarks")],
    body: options,
    answer: status,
  },
};
const itemForms: Readonly<Record<string, Form>> = {
  get: { method: "get", action: "get", word: "read", parameters: [], body: none, answer: itself },
  update: { method: "put", action: "put", word: "replace", parameters: writeParameters, body: itself, answer: itself },
  patch: {
    method: "patch",
    action: "patch",
    word: "patch",
    parameters: [...writeParameters, { name: "force", type: "boolean" }],
    body: () => `${meta}Patch`,
    answer: itself,
  },
  delete: { method: "delete", action: "delete", word: "delete", parameters: deleteParameters, body: options, answer: status },
};

/** Kinds of a connection (exec, proxy …): their query is their body, and what comes back is no object. */
const isConnection = (kind: string): boolean => kind.endsWith("Options");

export function operationsOf(group: string, version: string): Operation[] {
  return resources.filter((info) => info.group === group && info.version === version).flatMap(resourceOperations);
}

function resourceOperations(info: ResourceInfo): Operation[] {
  const root = info.group === "" ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const collection = info.namespaced ? `${root}/namespaces/{namespace}/${info.resource}` : `${root}/${info.resource}`;
  const found: Operation[] = [];
  const add = (path: string, forms: Readonly<Record<string, Form>>, verbs: readonly string[], suffix = ""): void => {
    for (const verb of verbs) {
      const form = Object.hasOwn(forms, verb) ? forms[verb] : undefined;
      if (form) found.push(operation(info, path, form, info, info.type, suffix));
    }
  };
  add(collection, collectionForms, info.verbs);
  if (info.namespaced && info.verbs.includes("list")) add(`${root}/${info.resource}`, collectionForms, ["list"], "ForAllNamespaces");
  add(`${collection}/{name}`, itemForms, info.verbs);
  for (const sub of info.subresources) found.push(...subresourceOperations(info, sub, `${collection}/{name}/${sub.name}`));
  return found;
}

function subresourceOperations(info: ResourceInfo, sub: SubresourceInfo, path: string): Operation[] {
  const suffix = `${sub.name[0]?.toUpperCase()}${sub.name.slice(1)}`;
  const type = sub.type ?? info.type;
  return sub.verbs.flatMap((verb) => {
    const form = verb === "create" ? collectionForms["create"] : itemForms[verb];
    if (!form) return [];
    const made = operation(info, path, form, sub, type, suffix);
    if (!isConnection(sub.kind) && sub.name !== "log") return [made];
    const { body: _body, answer: _answer, ...connection } = made;
    return [{ ...connection, action: "connect", parameters: [] }];
  });
}

function operation(info: ResourceInfo, path: string, form: Form, kind: Operation["kind"], type: string, suffix: string): Operation {
  const groupWord = `${info.group === "" ? "core" : (info.group.split(".")[0] ?? "")}`;
  const scope = info.namespaced && path.includes("{namespace}") ? "Namespaced" : "";
  const body = form.body(type);
  const answer = form.answer(type);
  return {
    path,
    method: form.method,
    action: form.action,
    id: `${form.word}${capital(groupWord)}${capital(info.version)}${scope}${info.kind}${suffix}`,
    tag: `${groupWord}_${info.version}`,
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    parameters: form.parameters,
    ...(body !== undefined && { body }),
    ...(findType(answer) && { answer }),
  };
}

const capital = (word: string): string => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`;

/** The types whose schemas a list of operations needs. */
export function typesOf(operations: readonly Operation[]): Set<string> {
  const always = ["APIGroup", "APIGroupList", "APIResourceList", "WatchEvent"].map((name) => meta + name).filter((type) => findType(type));
  return new Set([...always, ...operations.flatMap(({ body, answer }) => [body, answer].filter((type) => type !== undefined))]);
}

/** `{name}` and the like in a path. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

export const pathOfGroupVersion = (group: string, version: string): string =>
  group === "" ? `api/${version}` : `apis/${joinApiVersion(group, version)}`;
