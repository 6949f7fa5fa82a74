// The difference of two texts as one hunk of a unified diff, with three lines of context.
// Invariant: pure; equal texts give an empty string.
// Called by: update.ts. Next on the way: the person who reads the refusal.

const contextLines = 3;

export function lineDiff(before: string, after: string): string {
  if (before === after) return "";
  const a = before.split("\n");
  const b = after.split("\n");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const from = Math.max(0, start - contextLines);
  const tail = Math.min(contextLines, end);
  const lines = [
    ...a.slice(from, start).map((line) => ` ${line}`),
    ...a.slice(start, a.length - end).map((line) => `-${line}`),
    ...b.slice(start, b.length - end).map((line) => `+${line}`),
    ...a.slice(a.length - end, a.length - end + tail).map((line) => ` ${line}`),
  ];
  const range = (total: number): string => `${from + 1},${total - end - from + tail}`;
  return `@@ -${range(a.length)} +${range(b.length)} @@\n${lines.join("\n")}\n`;
}
