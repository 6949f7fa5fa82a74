// Tables that a reference server printed, printed again by our columns and rows.
// Invariant: column names, types, formats and priorities, every cell and every row condition are the same; descriptions are our own.
// The objects stand beside the rows in conformance/tables; `nowMs` is the time of the recording.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ApiObject, splitApiVersion } from "../machinery/object.ts";
import { printTable } from "./table.ts";

interface Recorded {
  readonly nowMs: number;
  readonly table: {
    readonly columnDefinitions: readonly { name: string; type: string; format: string; priority: number }[];
    readonly rows: readonly { cells: unknown[]; conditions?: unknown[]; object: ApiObject }[];
  };
}

const folder = join(import.meta.dirname, "../../../conformance/tables");

for (const file of readdirSync(folder).sort()) {
  test(`table: ${file}`, () => {
    const { nowMs, table } = JSON.parse(readFileSync(join(folder, file), "utf8")) as Recorded;
    const objects = table.rows.map((row) => row.object);
    const first = objects[0];
    assert.ok(first);
    const { group } = splitApiVersion(first.apiVersion);
    const ours = printTable({ group, kind: first.kind }, objects, { nowMs, includeObject: "None" });
    assert.deepEqual(
      ours.columnDefinitions?.map(({ name, type, format, priority }) => ({ name, type, format, priority })),
      table.columnDefinitions.map(({ name, type, format, priority }) => ({ name, type, format, priority })),
    );
    assert.deepEqual(
      ours.rows,
      table.rows.map(({ cells, conditions }) => (conditions ? { cells, conditions } : { cells })),
    );
  });
}

test("a kind without columns shows its name and when it was made, and a watch repeats no columns", () => {
  const object: ApiObject = { apiVersion: "x.io/v1", kind: "Odd", metadata: { name: "a", creationTimestamp: "2020-01-01T00:00:00Z" } };
  const table = printTable({ group: "x.io", kind: "Odd" }, [object], { nowMs: 0, noHeaders: true });
  assert.equal(table.columnDefinitions, null);
  assert.deepEqual(table.rows, [
    {
      cells: ["a", "2020-01-01T00:00:00Z"],
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
    },
  ]);
});
