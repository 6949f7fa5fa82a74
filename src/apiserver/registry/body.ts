// From a request's bytes to an object of the kind the path asks for.
// Invariant: what comes out fits the kind's table; everything else is refused with upstream's words and nothing has happened yet.
// Called by: create, update, delete and the subresources. Next on the way: create.ts.

import {
  type ApiObject,
  ApiError,
  type Decoded,
  DecodeError,
  decodeJson,
  decodeProtobuf,
  describeDecodeError,
  findKind,
  groupVersions,
  joinApiVersion,
  peekTypeMeta,
  splitApiVersion,
  yamlToJson,
} from "#api";
import { type HttpRequest, header, readAll } from "#wire";
import { mediaTypes } from "../accept.ts";
import type { FieldValidation } from "./options.ts";

export const maxBodyBytes = 3 << 20;

/** The name of the scheme in upstream's texts. */
export const schemeName = '"pkg/runtime/scheme.go:111"';

export interface BodyKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: string;
  /** Versions that older clients still write, with the same fields. */
  readonly olderVersions?: readonly string[];
}

export async function readBody(request: HttpRequest): Promise<Buffer> {
  if (Number(header(request.headers, "content-length") ?? 0) > maxBodyBytes) throw tooLarge();
  try {
    return await readAll(request.body, maxBodyBytes);
  } catch (error) {
    throw error instanceof RangeError ? tooLarge() : error;
  }
}

const tooLarge = (): ApiError => ApiError.requestEntityTooLarge(`limit is ${maxBodyBytes}`);

export function contentType(request: HttpRequest): string {
  const value = header(request.headers, "content-type") ?? "";
  return value.split(";")[0]!.trim().toLowerCase();
}

function known(group: string, version: string): boolean {
  return groupVersions().some((one) => one.group === group && one.version === version);
}

/** Kinds that a path does not serve by themselves but every body decoder knows. */
function isRegistered(group: string, version: string, kind: string): boolean {
  return findKind(group, version, kind) !== undefined || (known(group, version) && metaKinds.has(kind));
}
const metaKinds = new Set(["DeleteOptions", "ListOptions", "CreateOptions", "UpdateOptions", "PatchOptions", "Status", "WatchEvent"]);

function checkKind(expected: BodyKind, apiVersion: string, kind: string): void {
  const { group, version } = splitApiVersion(apiVersion);
  const versions = [expected.version, ...(expected.olderVersions ?? [])];
  if (kind === expected.kind && group === expected.group && versions.includes(version)) return;
  const problem = (detail: string): ApiError =>
    ApiError.badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${expected.kind}: ${detail}`);
  if (!isRegistered(group, version, kind))
    throw problem(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme ${schemeName}`);
  if (kind === expected.kind) {
    const wanted = joinApiVersion(expected.group, expected.version);
    throw ApiError.badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  }
  const internal = expected.group === "" ? "core" : expected.group.split(".")[0];
  const given = group === "" ? version : `${group.split(".")[0]}${version}`;
  throw problem(`converting (${given}.${kind}) to (${internal}.${expected.kind}): unknown conversion`);
}

/** Where decoding by the expected table fails, the kind in the body tells whether that was the wrong table. */
function undecodable(expected: BodyKind, json: Buffer, original: Buffer, error: unknown): ApiError {
  if (!(error instanceof DecodeError)) throw error;
  if (error.kind === "value") {
    const given = peekTypeMeta(json);
    checkKind(expected, given.apiVersion || joinApiVersion(expected.group, expected.version), given.kind || expected.kind);
  }
  return ApiError.badRequest(describeDecodeError(error, original, expected.kind, expected.version));
}

export interface DecodeInput {
  readonly expected: BodyKind;
  readonly media: string;
  readonly bytes: Buffer;
}

/** Decodes JSON, YAML or protobuf (an absent type is JSON). `object` has its kind and apiVersion filled in. */
export function decodeBody({ expected, media, bytes }: DecodeInput): Decoded {
  const decoded = decodeMedia(expected, media, bytes);
  const { object } = decoded;
  object.apiVersion ||= joinApiVersion(expected.group, expected.version);
  object.kind ||= expected.kind;
  checkKind(expected, object.apiVersion, object.kind);
  object.metadata ??= {};
  return decoded;
}

function decodeMedia(expected: BodyKind, media: string, bytes: Buffer): Decoded {
  let json = bytes;
  let yamlErrors: readonly string[] = [];
  try {
    if (media === "application/vnd.kubernetes.protobuf") return decodeProtobuf(bytes);
    if (media === "application/yaml") ({ json, strictErrors: yamlErrors } = yamlToJson(bytes));
    else if (media !== "application/json" && media !== "") throw ApiError.unsupportedMediaType(mediaTypes);
    const { object, strictErrors } = decodeJson(json, expected.type);
    return { object, strictErrors: [...yamlErrors, ...strictErrors] };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (json === bytes && media !== "application/json" && media !== "") throw unreadable(expected, bytes, error);
    throw undecodable(expected, json, bytes, error);
  }
}

/** YAML that is none, protobuf that is none. */
function unreadable(expected: BodyKind, bytes: Buffer, error: unknown): ApiError {
  if (!(error instanceof DecodeError)) throw error;
  const marker = "couldn't get version/kind; json parse error: ";
  const text = describeDecodeError(new DecodeError("syntax", error.message), bytes, expected.kind, expected.version);
  return ApiError.badRequest(text.replace(marker, ""));
}

/** Unknown and duplicate fields: refused, told, or let pass, as the caller wishes. */
export function checkStrict(decoded: Decoded, validation: FieldValidation, expected: BodyKind, warn: (text: string) => void): ApiObject {
  const { object, strictErrors } = decoded;
  if (strictErrors.length === 0 || validation === "Ignore") return object;
  if (validation === "Strict") {
    const version = JSON.stringify(expected.version);
    const errors = strictErrors.join(", ");
    throw ApiError.badRequest(
      `${expected.kind} in version ${version} cannot be handled as a ${expected.kind}: strict decoding error: ${errors}`,
    );
  }
  for (const text of strictErrors) warn(text);
  return object;
}
