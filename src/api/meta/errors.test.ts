// Errors as Status: texts, reasons and details as a reference server gives them.
// Invariant: the JSON of a Status here is the body that goes over the wire.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "./errors.ts";
import { fieldError } from "./fielderrors.ts";
import { compareBytes, goQuote } from "./gotext.ts";
import { humanDuration } from "./duration.ts";
import { scaledValue } from "./intstr.ts";

const base = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };

test("the Status of each refusal", () => {
  const pods = { group: "", resource: "pods" };
  const deployments = { group: "apps", resource: "deployments" };
  const rows: readonly [ApiError, object][] = [
    [ApiError.notFound(pods, "x"), { message: 'pods "x" not found', reason: "NotFound", details: { name: "x", kind: "pods" }, code: 404 }],
    [
      ApiError.alreadyExists(deployments, "web"),
      {
        message: 'deployments.apps "web" already exists',
        reason: "AlreadyExists",
        details: { name: "web", group: "apps", kind: "deployments" },
        code: 409,
      },
    ],
    [
      ApiError.unknownResource(),
      { message: "the server could not find the requested resource", reason: "NotFound", details: {}, code: 404 },
    ],
    [ApiError.unauthorized(), { message: "Unauthorized", reason: "Unauthorized", code: 401 }],
    [
      ApiError.tooLargeResourceVersion(99999999, 1136),
      {
        message: "Timeout: Too large resource version: 99999999, current: 1136",
        reason: "Timeout",
        details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 },
        code: 504,
      },
    ],
    [
      ApiError.invalid({ group: "", kind: "Namespace" }, "", [fieldError.required("metadata.name", "name or generateName is required")]),
      {
        message: 'Namespace "" is invalid: metadata.name: Required value: name or generateName is required',
        reason: "Invalid",
        details: {
          kind: "Namespace",
          causes: [{ reason: "FieldValueRequired", message: "Required value: name or generateName is required", field: "metadata.name" }],
        },
        code: 422,
      },
    ],
  ];
  for (const [error, status] of rows) assert.deepEqual(error.status, { ...base, ...status });
  assert.equal(ApiError.timeout("x", 3).headers["retry-after"], "3");
});

test("several field errors stand in brackets, equal ones once", () => {
  const error = fieldError.required("spec.a");
  const { message } = ApiError.invalid({ group: "apps", kind: "Deployment" }, "web", [
    error,
    error,
    fieldError.invalid("spec.b", -1, "no"),
  ]);
  assert.equal(message, 'Deployment.apps "web" is invalid: [spec.a: Required value, spec.b: Invalid value: -1: no]');
});

test("Go's quoting, byte order, ages, percentages", () => {
  assert.equal(goQuote('a"b\\\n\u0001ö\u200b'), '"a\\"b\\\\\\n\\x01ö\\u200b"');
  assert.deepEqual(["b", "a", "\u{1f600}", "\uffff"].sort(compareBytes), ["a", "b", "\uffff", "\u{1f600}"]);
  const ages: readonly [number, string][] = [
    [-5, "<invalid>"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [130, "2m10s"],
    [600, "10m"],
    [3 * 3600 + 60, "3h1m"],
    [30 * 3600, "30h"],
    [50 * 3600, "2d2h"],
    [10 * 86400, "10d"],
    [800 * 86400, "2y70d"],
    [3000 * 86400, "8y"],
  ];
  for (const [seconds, text] of ages) assert.equal(humanDuration(seconds * 1000), text);
  assert.deepEqual(
    [scaledValue("25%", 3, "up"), scaledValue("25%", 3, "down"), scaledValue(2, 3, "up"), scaledValue("x", 3, "up")],
    [1, 0, 2, undefined],
  );
});
