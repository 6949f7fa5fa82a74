// Rows of words in columns, as labs print what they compare.
// Invariant: each column is as wide as its widest cell, and no line ends with a space.
// Called by: 10-eight-calls/aligned.ts, 11-inmate/inmate.ts. Next on the way: the pages, which hold the tables.

export function table(rows: readonly (readonly string[])[]): void {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]!.length));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(width(column)))
        .join("   ")
        .trimEnd(),
    );
}
