// The store's refusals as the API tells them.
// Invariant: only here does a StoreError become a Status; what the outcome is stays honest (unknown means unknown).
// Called by: pipeline.ts for whatever a verb throws. Next on the way: output.ts.

import { ApiError } from "#api";
import { unreachable } from "#lib";
import { StoreError } from "#store";
import { PoisonedValue } from "../cache/entry.ts";

/** What a store elsewhere says of itself goes through in its own words, as upstream lets it. */
function foreign({ code, message }: StoreError): ApiError | undefined {
  if (code !== "unavailable" && code !== "outcomeUnknown") return undefined;
  if (message.startsWith("etcdserver: ")) return ApiError.of(500, "", message);
  if (message !== "context deadline exceeded") return undefined;
  return ApiError.timeout(`request did not complete within requested timeout - ${message}`, 0);
}

function failure(error: StoreError): ApiError {
  const told = foreign(error);
  if (told) return told;
  switch (error.code) {
    case "compacted":
      return ApiError.gone("The resourceVersion for the provided list is too old.");
    case "future":
      return ApiError.timeout("Too large resource version", 1);
    case "tooLarge":
      return ApiError.requestEntityTooLarge("etcdserver: request is too large");
    case "noSpace":
      return ApiError.of(500, "InternalError", "etcdserver: mvcc: database space exceeded");
    case "unavailable":
      return ApiError.serviceUnavailable(`the store is not available: ${error.message}`);
    case "outcomeUnknown":
      return ApiError.timeout(`it is not known whether the write took place: ${error.message}`, 1);
    case "leaseNotFound":
      return ApiError.of(500, "InternalError", "etcdserver: requested lease not found");
    default:
      return unreachable(error.code);
  }
}

/** The answer for an error of whatever origin; undefined: our own bug, which the caller logs. */
export function expectedFailure(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreError) return failure(error);
  if (error instanceof PoisonedValue) return ApiError.of(500, "", error.message);
  return undefined;
}
