// The options that come with a request: read from the query (or, for deletions, the body) and checked before anything is done.
// Invariant: an option we know is obeyed; a value we do not know is refused with upstream's text.
// Called by: registry/ verbs. Next on the way: body.ts.

import { ApiError, type FieldError, fieldError } from "#api";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteOptions {
  readonly dryRun: boolean;
  /** Empty: none was named. */
  readonly fieldManager: string;
  /** Only for server-side apply: take what others own. */
  readonly force: boolean;
  readonly fieldValidation: FieldValidation;
}

export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly limit: number;
  readonly continueToken: string;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
}

const metaGroup = "meta.k8s.io";

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw ApiError.invalid({ group: metaGroup, kind }, "", errors);
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw ApiError.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function boolean(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return !["false", "0", "f", "F", "FALSE", "False"].includes(text);
}

export function dryRunErrors(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((one) => one === "All") ? [] : [fieldError.notSupported("dryRun", dryRun, ["All"])];
}

export type WriteKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "ApplyOptions";

export function writeOptions(kind: WriteKind, query: URLSearchParams): WriteOptions {
  const errors: FieldError[] = [];
  const fieldManager = query.get("fieldManager") ?? "";
  if (kind === "ApplyOptions" && fieldManager === "") errors.push(fieldError.required("fieldManager", "is required for apply patch"));
  if (kind === "PatchOptions" && query.get("force") !== null)
    errors.push(fieldError.forbidden("force", "may not be specified for non-apply patch"));
  errors.push(...managerErrors(fieldManager));
  const dryRun = query.getAll("dryRun").filter((one) => one !== "");
  errors.push(...dryRunErrors(dryRun));
  const fieldValidation = query.get("fieldValidation") ?? "";
  if (!["", "Ignore", "Strict", "Warn"].includes(fieldValidation))
    errors.push(fieldError.notSupported("fieldValidation", fieldValidation, ["", "Ignore", "Strict", "Warn"]));
  refuse(kind === "ApplyOptions" ? "PatchOptions" : kind, errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    force: boolean(query, "force") ?? false,
    fieldValidation: (fieldValidation || "Warn") as FieldValidation,
  };
}

function managerErrors(manager: string): FieldError[] {
  const errors = Buffer.byteLength(manager) > 128 ? [fieldError.tooLong("fieldManager", 128)] : [];
  let position = 0;
  for (const character of manager) {
    if (/[\p{C}\p{Z}]/u.test(character) && character !== " ") {
      const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
      return [...errors, fieldError.invalid("fieldManager", manager, `invalid character ${code} (at position ${position})`)];
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

export function readListOptions(query: URLSearchParams): ListOptions {
  return {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    limit: integer(query, "limit") ?? 0,
    continueToken: query.get("continue") ?? "",
    timeoutSeconds: integer(query, "timeoutSeconds"),
    allowWatchBookmarks: boolean(query, "allowWatchBookmarks") ?? false,
    sendInitialEvents: boolean(query, "sendInitialEvents"),
  };
}

const matchField = "resourceVersionMatch";

export function checkListOptions(options: ListOptions): void {
  const { resourceVersionMatch: match, resourceVersion } = options;
  const errors: FieldError[] = [];
  if (match !== "") {
    if (resourceVersion === "")
      errors.push(fieldError.forbidden(matchField, `${matchField} is forbidden unless resourceVersion is provided`));
    if (options.continueToken !== "") errors.push(fieldError.forbidden(matchField, `${matchField} is forbidden when continue is provided`));
    if (match !== "Exact" && match !== "NotOlderThan")
      errors.push(fieldError.notSupported(matchField, match, ["Exact", "NotOlderThan", ""]));
    if (match === "Exact" && resourceVersion === "0")
      errors.push(fieldError.forbidden(matchField, `${matchField} "exact" is forbidden for resourceVersion "0"`));
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(fieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  refuse("ListOptions", errors);
}

export function checkWatchOptions(options: ListOptions): void {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan")
    errors.push(fieldError.forbidden(matchField, `sendInitialEvents requires setting ${matchField} to NotOlderThan`));
  if (match !== "") {
    if (sendInitialEvents === undefined)
      errors.push(fieldError.forbidden(matchField, `${matchField} is forbidden for watch unless sendInitialEvents is provided`));
    if (match !== "NotOlderThan") errors.push(fieldError.notSupported(matchField, match, ["NotOlderThan"]));
    if (options.continueToken !== "") errors.push(fieldError.forbidden(matchField, `${matchField} is forbidden when continue is provided`));
  }
  refuse("ListOptions", errors);
}

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  orphanDependents?: boolean;
  propagationPolicy?: string;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: string[];
}

const policies = ["Foreground", "Background", "Orphan"];

/** Query parameters count only where there is no body. */
export function deleteOptionsFromQuery(query: URLSearchParams): DeleteOptions {
  const options: DeleteOptions = {};
  const grace = integer(query, "gracePeriodSeconds");
  const orphan = boolean(query, "orphanDependents");
  const policy = query.get("propagationPolicy");
  const dryRun = query.getAll("dryRun").filter((one) => one !== "");
  if (grace !== undefined) options.gracePeriodSeconds = grace;
  if (orphan !== undefined) options.orphanDependents = orphan;
  if (policy !== null && policy !== "") options.propagationPolicy = policy;
  if (dryRun.length > 0) options.dryRun = dryRun;
  return options;
}

export function checkDeleteOptions(options: DeleteOptions): void {
  const { propagationPolicy: policy } = options;
  const errors: FieldError[] = [];
  if (options.orphanDependents !== undefined && policy !== undefined)
    errors.push(fieldError.invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set"));
  if (policy !== undefined && !policies.includes(policy))
    errors.push(fieldError.notSupported("propagationPolicy", policy, [...policies, "nil"]));
  errors.push(...dryRunErrors(options.dryRun ?? []));
  refuse("DeleteOptions", errors);
}
