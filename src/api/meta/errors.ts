// The answer "no", in the form the API gives it: a Status with code, reason, message and details.
// Invariant: texts, reasons and details are upstream's, letter for letter; clients match on them.
// Called by: apiserver/ (every stage refuses by throwing one), client/ (rebuilds one from a body), patch/, kinds/.
// Next on the way: apiserver/pipeline, which turns it into a response.

import type { Status, StatusCause, StatusDetails } from "../machinery/types.gen.ts";
import { type FieldError, joinFieldErrors } from "./fielderrors.ts";
import { goQuote } from "./gotext.ts";

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

const qualified = (group: string, name: string): string => (group === "" ? name : `${name}.${group}`);
const resourceText = (of: GroupResource): string => qualified(of.group, of.resource);

interface Parts {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails;
}

/** Details as upstream writes them: only what is not empty. */
function details(of: {
  group?: string;
  kind?: string;
  name?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
  uid?: string;
}): StatusDetails {
  const out: StatusDetails = {};
  if (of.name) out.name = of.name;
  if (of.group) out.group = of.group;
  if (of.kind) out.kind = of.kind;
  if (of.causes && of.causes.length > 0) out.causes = of.causes;
  if (of.retryAfterSeconds) out.retryAfterSeconds = of.retryAfterSeconds;
  return out;
}

function failed({ code, reason, message, details: more }: Parts, headers: Record<string, string> = {}): ApiError {
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason };
  if (more) status.details = more;
  status.code = code;
  const wait = more?.retryAfterSeconds;
  return new ApiError(status, wait ? { "retry-after": String(wait), ...headers } : headers);
}

export class ApiError extends Error {
  override name = "ApiError";
  readonly status: Status;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: Status, headers: Readonly<Record<string, string>> = {}) {
    super(status.message ?? status.reason ?? "unknown");
    this.status = status;
    this.headers = headers;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }

  static notFound(of: GroupResource, name: string): ApiError {
    return failed({
      code: 404,
      reason: "NotFound",
      message: `${resourceText(of)} ${goQuote(name)} not found`,
      details: details({ group: of.group, kind: of.resource, name }),
    });
  }

  /** A path under a known group that names no resource. */
  static unknownResource(): ApiError {
    return failed({ code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: {} });
  }

  static alreadyExists(of: GroupResource, name: string): ApiError {
    return failed({
      code: 409,
      reason: "AlreadyExists",
      message: `${resourceText(of)} ${goQuote(name)} already exists`,
      details: details({ group: of.group, kind: of.resource, name }),
    });
  }

  static generateNameConflict(of: GroupResource, name: string, retryAfterSeconds = 1): ApiError {
    return failed({
      code: 409,
      reason: "AlreadyExists",
      message: `${resourceText(of)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`,
      details: details({ group: of.group, kind: of.resource, name, retryAfterSeconds }),
    });
  }

  static conflict(of: GroupResource, name: string, message: string): ApiError {
    return failed({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on ${resourceText(of)} ${goQuote(name)}: ${message}`,
      details: details({ group: of.group, kind: of.resource, name }),
    });
  }

  /** The usual conflict: somebody else wrote first. */
  static modified(of: GroupResource, name: string): ApiError {
    return ApiError.conflict(of, name, "the object has been modified; please apply your changes to the latest version and try again");
  }

  static invalid(of: GroupKind, name: string, errors: readonly FieldError[]): ApiError {
    const causes = errors.map((error): StatusCause => ({ reason: error.type, message: error.message, field: error.field }));
    const subject = `${qualified(of.group, of.kind)} ${goQuote(name)} is invalid`;
    return failed({
      code: 422,
      reason: "Invalid",
      message: errors.length === 0 ? subject : `${subject}: ${joinFieldErrors(errors)}`,
      details: details({ group: of.group, kind: of.kind, name, causes }),
    });
  }

  static badRequest(message: string): ApiError {
    return failed({ code: 400, reason: "BadRequest", message });
  }

  static unauthorized(message = "Unauthorized"): ApiError {
    return failed({ code: 401, reason: "Unauthorized", message });
  }

  static forbidden(of: GroupResource, name: string, message: string): ApiError {
    const subject =
      of.group === "" && of.resource === "" ? "forbidden" : `${resourceText(of)}${name === "" ? "" : ` ${goQuote(name)}`} is forbidden`;
    return failed({
      code: 403,
      reason: "Forbidden",
      message: `${subject}: ${message}`,
      details: details({ group: of.group, kind: of.resource, name }),
    });
  }

  /** The revision asked for has been compacted or fallen out of the watch window. */
  static gone(message: string): ApiError {
    return failed({ code: 410, reason: "Expired", message });
  }

  static timeout(message: string, retryAfterSeconds: number): ApiError {
    return failed({ code: 504, reason: "Timeout", message: `Timeout: ${message}`, details: details({ retryAfterSeconds }) });
  }

  static tooLargeResourceVersion(wanted: number, current: number, retryAfterSeconds = 1): ApiError {
    return failed({
      code: 504,
      reason: "Timeout",
      message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
      details: details({ causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds }),
    });
  }

  static serverTimeout(of: GroupResource, operation: string, retryAfterSeconds: number): ApiError {
    return failed({
      code: 500,
      reason: "ServerTimeout",
      message: `The ${operation} operation against ${resourceText(of)} could not be completed at this time, please try again.`,
      details: details({ group: of.group, kind: of.resource, name: operation, retryAfterSeconds }),
    });
  }

  static serviceUnavailable(message: string): ApiError {
    return failed({ code: 503, reason: "ServiceUnavailable", message });
  }

  static methodNotSupported(of: GroupResource, action: string): ApiError {
    return failed({
      code: 405,
      reason: "MethodNotAllowed",
      message: `${action} is not supported on resources of kind ${goQuote(resourceText(of))}`,
      details: details({ group: of.group, kind: of.resource }),
    });
  }

  /** The path exists, but not for this HTTP method. */
  static methodNotAllowed(): ApiError {
    return failed({
      code: 405,
      reason: "MethodNotAllowed",
      message: "the server does not allow this method on the requested resource",
      details: {},
    });
  }

  static notAcceptable(accepted: readonly string[]): ApiError {
    return failed({ code: 406, reason: "NotAcceptable", message: `only the following media types are accepted: ${accepted.join(", ")}` });
  }

  static unsupportedMediaType(accepted: readonly string[]): ApiError {
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
    return failed({ code: 415, reason: "UnsupportedMediaType", message });
  }

  static requestEntityTooLarge(message: string): ApiError {
    return failed({ code: 413, reason: "RequestEntityTooLarge", message: `Request entity too large: ${message}` });
  }

  static tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
    return failed({ code: 429, reason: "TooManyRequests", message, details: details({ retryAfterSeconds }) });
  }

  /** An eviction that a PodDisruptionBudget does not allow now. */
  static disruptionBudget(message: string, cause: string): ApiError {
    return failed({
      code: 429,
      reason: "TooManyRequests",
      message,
      details: details({ causes: [{ reason: "DisruptionBudget", message: cause }] }),
    });
  }

  static internal(message: string): ApiError {
    return failed({
      code: 500,
      reason: "InternalError",
      message: `Internal error occurred: ${message}`,
      details: { causes: [{ message }] },
    });
  }

  /** Any other refusal, worded by the caller. */
  static of(code: number, reason: string, message: string, more?: StatusDetails): ApiError {
    return failed(more ? { code, reason, message, details: more } : { code, reason, message });
  }
}
