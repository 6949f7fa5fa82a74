// The door of api/printing.
// Invariant: only re-exports.
// Called by: api/index.ts.

export {
  columnsOf,
  type IncludeObject,
  printRow,
  printTable,
  type TableObject,
  type TableOptions as PrintOptions,
  type TableRow as PrintedRow,
} from "./table.ts";
