// Route: from method and target to what is asked, in upstream's words (RequestInfo).
// Invariant: pure and total: any target gives an answer; nothing is looked up, so a resource that does not exist still has a name to be refused by.
// Called by: pipeline.ts, first. Next on the way: authn/, then authz/ with these attributes.

export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** get list watch create update patch delete deletecollection; for other paths the lower-cased method. */
  readonly verb: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Everything from the resource on; more than three parts only where a proxy takes a path. */
  readonly parts: readonly string[];
  readonly path: string;
  readonly query: URLSearchParams;
}

const verbs: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** `true` and `1` of a query parameter, as Go's strconv.ParseBool reads them; an empty value (`?watch`) is true. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "false" && value !== "0" && value !== "f" && value !== "F" && value !== "FALSE" && value !== "False";
}

function decodePart(part: string): string {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** `metadata.name=x` alone names the object, so that a rule for one name also allows its list and watch. */
function nameFromFieldSelector(query: URLSearchParams): string {
  const selector = query.get("fieldSelector") ?? "";
  for (const term of selector.split(",")) {
    const match = /^\s*metadata\.name\s*==?\s*([^=!]+?)\s*$/.exec(term);
    if (match && !match[1]!.includes("/") && !match[1]!.includes("%")) return match[1]!;
  }
  return "";
}

export function route(method: string, target: string): RequestInfo {
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : target.slice(question + 1));
  const nothing = { apiGroup: "", apiVersion: "", namespace: "", resource: "", subresource: "", name: "", parts: [], path, query };
  const other: RequestInfo = { isResourceRequest: false, verb: method.toLowerCase(), ...nothing };

  let parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodePart);
  const grouped = parts[0] === "apis";
  if (parts[0] !== "api" && !grouped) return other;
  if (parts.length < (grouped ? 4 : 3))
    return { ...other, apiGroup: grouped ? (parts[1] ?? "") : "", apiVersion: parts[grouped ? 2 : 1] ?? "" };
  const apiGroup = grouped ? parts[1]! : "";
  const apiVersion = parts[grouped ? 2 : 1]!;
  parts = parts.slice(grouped ? 3 : 2);

  let verb = verbs[method] ?? "";
  if (parts[0] === "watch" && parts.length > 1) {
    verb = "watch";
    parts = parts.slice(1);
  }
  let namespace = "";
  if (parts[0] === "namespaces" && parts.length > 1) {
    namespace = parts[1]!;
    // /namespaces/x/status speaks of the namespace itself; anything else below a namespace is a resource in it.
    if (parts.length > 2 && parts[2] !== "status" && parts[2] !== "finalize") parts = parts.slice(2);
  }
  const resource = parts[0] ?? "";
  let name = parts[1] ?? "";
  const subresource = parts[2] ?? "";
  if (name === "" && verb === "get") verb = isTrue(query, "watch") ? "watch" : "list";
  if (name === "" && verb === "delete") verb = "deletecollection";
  if (name === "" && (verb === "list" || verb === "watch" || verb === "deletecollection")) name = nameFromFieldSelector(query);
  return { isResourceRequest: true, verb, apiGroup, apiVersion, namespace, resource, subresource, name, parts, path, query };
}
