// Bodies that upstream refused, with its exact words: ours must refuse them in the same words.
// Invariant: bad-bodies.json holds answers of kube-apiserver 1.36 to POSTs of Deployments with fieldValidation=Strict.
// Called by: npm test. Next on the way: src/api/machinery/codec/errors.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DecodeError, decodeJson, describeDecodeError } from "#api";

interface Case {
  readonly body: string;
  readonly message: string;
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "bad-bodies.json"), "utf8")) as Case[];

function answer(bytes: Buffer): string {
  try {
    const { strictErrors } = decodeJson(bytes, "io.k8s.api.apps.v1.Deployment");
    return `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${strictErrors.join(", ")}`;
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    return describeDecodeError(error, bytes, "Deployment", "v1");
  }
}

for (const { body, message } of cases) {
  test(`refuses ${body.slice(0, 200)}`, () => {
    const repeated = /^repeat:(.):(\d+)$/.exec(body);
    const text = repeated === null ? body : (repeated[1] ?? "").repeat(Number(repeated[2]));
    assert.equal(answer(Buffer.from(text)), message);
  });
}
