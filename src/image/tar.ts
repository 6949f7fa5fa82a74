// Tar archives as bytes (ustar): enough for image layers and OCI archives.
// Invariant: equal input gives equal bytes: no clock, owner root, entries in the order given.
// Called by: archive.ts. Next on the way: archive.ts. Format: POSIX.1-1988 ustar.

export type TarEntry =
  | { readonly path: string; readonly content: Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly linkTo: string }
  | { readonly path: string; readonly directory: true; readonly mode?: number };

const blockBytes = 512;

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(blockBytes);
  if (Buffer.byteLength(entry.path) > 100) throw new RangeError(`tar path longer than 100 bytes: ${entry.path}`);
  const mode = "linkTo" in entry ? 0o777 : (entry.mode ?? ("directory" in entry ? 0o755 : 0o644));
  const size = "content" in entry ? entry.content.length : 0;
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset, "latin1");
  };
  block.write(entry.path, 0, "utf8");
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.fill(" ", 148, 156);
  block.write("linkTo" in entry ? "2" : "directory" in entry ? "5" : "0", 156, "latin1");
  if ("linkTo" in entry) block.write(entry.linkTo, 157, "utf8");
  block.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    parts.push(header(entry));
    if (!("content" in entry)) continue;
    parts.push(entry.content);
    const rest = entry.content.length % blockBytes;
    if (rest !== 0) parts.push(Buffer.alloc(blockBytes - rest));
  }
  parts.push(Buffer.alloc(2 * blockBytes));
  return Buffer.concat(parts);
}
