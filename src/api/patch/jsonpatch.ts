// JSON Patch (RFC 6902) with the leniencies of the library upstream uses: replacing or testing what is not there, negative indices.
// Invariant: pure; either all operations apply or the one refusal that upstream knows (422) is thrown.
// Called by: apiserver/patch. Next on the way: plain.ts.

import { ApiError } from "../meta/errors.ts";
import { RawJson } from "../machinery/raw.ts";
import { copy, equal, isMap, type JsonMap } from "./plain.ts";
import { open } from "./raw.ts";

export const maxJsonPatchOperations = 10_000;

interface Operation {
  readonly op: string;
  readonly path: string | undefined;
  readonly from: string | undefined;
  readonly value: unknown;
}

/** Upstream keeps the reason to itself. */
function refused(): ApiError {
  return ApiError.of(422, "Invalid", "the server rejected our request due to an error in our request", {});
}

/** The document is plain JSON: a typed object goes through encodeJson first, for a patch may name what memory leaves out. */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  const operations = readOperations(patch);
  if (operations.length > maxJsonPatchOperations) {
    throw ApiError.requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${operations.length}`,
    );
  }
  let root = copy(document);
  for (const operation of operations) root = apply(root, operation);
  return root;
}

function readOperations(patch: unknown): Operation[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw badType(patch, "[]handlers.jsonPatchOp");
  return patch.map((each: unknown) => {
    if (!isMap(each)) throw badType(each, "handlers.jsonPatchOp");
    return { op: text(each, "op") ?? "", path: text(each, "path"), from: text(each, "from"), value: copy(each.value ?? null) };
  });
}

function text(operation: JsonMap, name: string): string | undefined {
  const value = operation[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw badType(value, "string", `struct field jsonPatchOp.${name}`);
  return value;
}

function badType(value: unknown, type: string, where = "value"): ApiError {
  const kind = Array.isArray(value)
    ? "array"
    : isMap(value)
      ? "object"
      : typeof value === "boolean"
        ? "bool"
        : typeof value === "string"
          ? "string"
          : "number";
  return ApiError.badRequest(`error decoding patch: json: cannot unmarshal ${kind} into Go ${where} of type ${type}`);
}

function apply(root: unknown, { op, path, from, value }: Operation): unknown {
  if (path === undefined) throw refused();
  switch (op) {
    case "add":
      find(root, path).add(value);
      return root;
    case "remove":
      find(root, path).remove();
      return root;
    case "replace":
      if (path === "") {
        if (!isMap(value) && !Array.isArray(value)) throw refused();
        return value;
      }
      find(root, path).replace(value);
      return root;
    case "move": {
      const source = find(root, from);
      const moved = source.get();
      source.remove();
      find(root, path).add(moved);
      return root;
    }
    case "copy": {
      const copied = copy(find(root, from).get());
      find(root, path).add(copied ?? null);
      return root;
    }
    case "test":
      if (!equal((path === "" ? root : find(root, path).get()) ?? null, value)) throw refused();
      return root;
    default:
      throw refused();
  }
}

/** A place in the document: a container that is there, and a key in it that may not be. */
interface Place {
  get(): unknown;
  add(value: unknown): void;
  replace(value: unknown): void;
  remove(): void;
}

function find(root: unknown, path: string | undefined): Place {
  const parts = (path ?? "").split("/").slice(1);
  const last = parts.pop();
  if (last === undefined) throw refused();
  let container = root;
  for (const part of parts) {
    const place = placeIn(container, unescape(part));
    container = place.get();
    if (container instanceof RawJson) {
      container = open(container);
      place.replace(container);
    }
    if (!isMap(container) && !Array.isArray(container)) throw refused();
  }
  return placeIn(container, unescape(last));
}

function unescape(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function placeIn(container: unknown, key: string): Place {
  if (Array.isArray(container)) return placeInList(container, key);
  if (isMap(container)) return placeInMap(container, key);
  throw refused();
}

function placeInMap(map: JsonMap, key: string): Place {
  const put = (value: unknown): void => {
    map[key] = value;
  };
  return {
    get: () => (Object.hasOwn(map, key) ? map[key] : undefined),
    add: put,
    replace: put,
    remove: () => {
      if (!Object.hasOwn(map, key)) throw refused();
      delete map[key];
    },
  };
}

function placeInList(list: unknown[], key: string): Place {
  const index = (length: number): number => {
    const at = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN;
    const positive = at < 0 ? at + length : at;
    if (!(positive >= 0 && positive < length)) throw refused();
    return positive;
  };
  return {
    get: () => list[index(list.length)],
    // Behind the last one is a place too when adding.
    add: (value) => void (key === "-" ? list.push(value) : list.splice(index(list.length + 1), 0, value)),
    replace: (value) => {
      list[index(list.length)] = value;
    },
    remove: () => void list.splice(index(list.length), 1),
  };
}
