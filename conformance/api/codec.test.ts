// Objects recorded from upstream go through our codecs and must come out byte for byte, as JSON and as protobuf.
// Invariant: every file of objects/ is one object as kube-apiserver 1.36 wrote it, on one line; protobuf.json holds the same by the same name.
// Called by: npm test. Next on the way: src/api/machinery/codec.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  type ApiObject,
  decodeJson,
  decodeProtobuf,
  encodeJson,
  encodeProtobuf,
  findKind,
  peekTypeMeta,
  type StatefulSet,
  splitApiVersion,
} from "#api";

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

/** Claims inside a StatefulSet say their kind in JSON; on the wire nothing inside an object does. Upstream's defaults put it back. */
function nameClaimTemplates(object: ApiObject): void {
  const spec = object.spec as StatefulSet["spec"];
  for (const claim of spec?.volumeClaimTemplates ?? []) Object.assign(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" });
}

const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "protobuf.json"), "utf8")) as Record<string, string>;

for (const [name, base64] of Object.entries(recorded)) {
  test(`protobuf of ${name} is its JSON, and comes out byte for byte`, () => {
    const bytes = Buffer.from(base64, "base64");
    const json = readFileSync(join(folder, `${name}.json`));
    const type = typeOfBody(json);
    const { object } = decodeProtobuf(bytes);
    nameClaimTemplates(object);
    assert.equal(encodeJson(object, type).toString(), json.toString());
    assert.equal(encodeProtobuf(object, type).toString("base64"), base64);
  });
}
