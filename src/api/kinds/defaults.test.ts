// Sparse objects and what a reference server made of them, byte for byte.
// Invariant: for every conformance/defaults/<kind>.<case>.in.json our defaults and creation rules give <…>.out.json.
// Names, times and what admission adds were taken out when recording; a Service's address is set by hand here.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeJson, encodeJson } from "../machinery/codec/index.ts";
import { type ApiObject, splitApiVersion } from "../machinery/object.ts";
import { findKind } from "../machinery/resources.ts";
import type { Service } from "../machinery/types.gen.ts";
import { initIpFamilies, needsClusterIp, normalizeClusterIps, rulesFor } from "./index.ts";

const folder = join(import.meta.dirname, "../../../conformance/defaults");

function made(text: string, uid: string | undefined): string {
  const sent = JSON.parse(text) as ApiObject;
  const { group, version } = splitApiVersion(sent.apiVersion);
  const info = findKind(group, version, sent.kind);
  const rules = rulesFor(group, sent.kind);
  assert.ok(info && rules, `${sent.kind} has rules`);
  const { object } = decodeJson(Buffer.from(text), info.type);
  if (uid) object.metadata.uid = uid;
  rules.setDefaults?.(object);
  if (sent.kind === "Service") allocate(object as unknown as Service);
  rules.prepareForCreate?.(object);
  delete object.metadata.uid;
  return encodeJson(object, info.type).toString();
}

function allocate(service: Service): void {
  normalizeClusterIps(service, undefined);
  assert.deepEqual(initIpFamilies(service, undefined), []);
  if (!needsClusterIp(service) || service.spec!.clusterIP) return;
  service.spec!.clusterIP = "10.96.0.7";
  service.spec!.clusterIPs = ["10.96.0.7"];
}

/** A Job's selector is its uid, which each server draws anew. */
function uidOf(text: string): string | undefined {
  return /"controller-uid":"([^"]+)"/.exec(text)?.[1];
}

for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith(".in.json")) continue;
  test(`defaults: ${file.replace(".in.json", "")}`, () => {
    const want = readFileSync(join(folder, file.replace(".in.", ".out.")), "utf8").trimEnd();
    const got = made(readFileSync(join(folder, file), "utf8"), uidOf(want));
    assert.deepEqual(JSON.parse(got), JSON.parse(want));
    assert.equal(got, want, "the order of the fields too");
  });
}

test("defaults set twice are defaults set once", () => {
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".out.json")) continue;
    const text = readFileSync(join(folder, file), "utf8");
    const { group, version } = splitApiVersion((JSON.parse(text) as ApiObject).apiVersion);
    const kind = (JSON.parse(text) as ApiObject).kind;
    const info = findKind(group, version, kind);
    assert.ok(info);
    const { object } = decodeJson(Buffer.from(text), info.type);
    const before = encodeJson(object, info.type).toString();
    rulesFor(group, kind)?.setDefaults?.(object);
    assert.equal(encodeJson(object, info.type).toString(), before, file);
  }
});
