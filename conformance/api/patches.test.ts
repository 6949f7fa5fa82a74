// Patches that upstream carried out or refused, each applied to the same object by ours.
// Invariant: patches.json holds what kube-apiserver 1.36 answered to each patch as a dry run, without what it stamps itself.
// Called by: npm test. Next on the way: src/api/patch.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ApiError, decodeJson, encodeJson, encodeUntypedJson, jsonPatch, mergePatch, strategicMergePatch } from "#api";

interface Case {
  readonly name: string;
  readonly media: string;
  readonly type: string;
  readonly patch: unknown;
  readonly result?: object;
  readonly status?: { readonly code: number; readonly reason?: string; readonly message: string };
}

const { documents, cases } = JSON.parse(readFileSync(join(import.meta.dirname, "patches.json"), "utf8")) as {
  documents: Record<string, unknown>;
  cases: Case[];
};

function apply({ media, type, patch }: Case): unknown {
  const document = documents[type];
  if (media.startsWith("json-patch")) return jsonPatch(document, patch);
  return media.startsWith("merge-patch") ? mergePatch(document, patch) : strategicMergePatch(document, patch, type);
}

function canonical(value: unknown, type: string): unknown {
  return JSON.parse(encodeJson(decodeJson(encodeUntypedJson(value), type).object, type).toString());
}

for (const each of cases) {
  test(`${each.media.replace(/-patch\+json/, "")}: ${each.name}`, () => {
    const { type, status } = each;
    const before = structuredClone(documents[type]);
    if (status === undefined) {
      const { status: _, ...spec } = canonical(apply(each), type) as Record<string, unknown>;
      assert.deepEqual(spec, each.result);
    } else {
      assert.throws(
        () => apply(each),
        (error) => {
          assert.ok(error instanceof ApiError, String(error));
          const { code, reason, message } = error.status;
          assert.deepEqual({ code, ...(reason !== undefined && reason !== "" && { reason }), message }, status);
          return true;
        },
      );
    }
    assert.deepEqual(documents[type], before, "the document stays as it was");
  });
}
