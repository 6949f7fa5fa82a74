// Sorting a few texts in place, as Array.prototype.sort does without a comparison, but with nothing made on the way.
// Invariant: the order is that of UTF-16 units; the array that was given is the one that is returned.
// Called by: codec/encode.ts (keys of maps), apply/fieldsv1.ts (names of fields): several times in each write. Next on the way: codec/encode.ts.

/** More than these the platform sorts faster, for all that it allocates. */
const few = 32;

export function sortTexts(texts: string[]): string[] {
  if (texts.length > few) return texts.sort();
  for (let next = 1; next < texts.length; next++) {
    const text = texts[next]!;
    let at = next;
    for (; at > 0 && texts[at - 1]! > text; at--) texts[at] = texts[at - 1]!;
    texts[at] = text;
  }
  return texts;
}
