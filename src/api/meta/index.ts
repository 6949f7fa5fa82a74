// The door of api/meta.
// Invariant: only re-exports.
// Called by: api/index.ts.

export { ApiError, type GroupKind, type GroupResource } from "./errors.ts";
export { at, type FieldError, type FieldErrorType, fieldError, joinFieldErrors } from "./fielderrors.ts";
export { byteLength, compareBytes, goJson, goQuote, goValue } from "./gotext.ts";
