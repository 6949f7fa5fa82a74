// Objects recorded from upstream go through our codecs and must come out byte for byte, as JSON and as protobuf.
// Invariant: every file of objects/ is one object as kube-apiserver 1.36 wrote it, on one line; protobuf.json holds the same by the same name.
// Called by: npm test. Next on the way: src/api/machinery/codec.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeJson, encodeJson, findKind, peekTypeMeta, splitApiVersion } from "#api";

const folder = join(import.meta.dirname, "objects");
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));

function typeOfBody(bytes: Buffer): string {
  const { apiVersion, kind } = peekTypeMeta(bytes);
  const { group, version } = splitApiVersion(apiVersion);
  const info = findKind(group, version, kind);
  assert.ok(info !== undefined, `${apiVersion} ${kind} is served`);
  return info.type;
}

for (const name of names) {
  test(`JSON of ${name} survives decoding and encoding`, () => {
    const bytes = readFileSync(join(folder, `${name}.json`));
    const type = typeOfBody(bytes);
    const { object, strictErrors } = decodeJson(bytes, type);
    assert.deepEqual(strictErrors, []);
    assert.equal(encodeJson(object, type).toString(), bytes.toString());
  });
}
