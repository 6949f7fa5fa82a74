// HPACK's Huffman code (RFC 7541, appendix B), from the lengths of its codes: it is canonical, so the lengths say it all.
// Invariant: a code that is not in the table, and padding that is not the start of EOS, are refused.
// Called by: hpack.ts. Next on the way: hpack.ts.

/** Bits of each byte's code; `run` is [length, how many bytes in a row have it]. */
const lengths =
  "13 23 28*7 24 30 28*2 30 28*8 30 28*9 6 10*2 12 13 6 8 11 10*2 8 11 8 6*3 5*3 6*7 7 8 15 6 12 10 13 6 7*22 8 7 8 13 19 13 14 6 " +
  "15 5 6 5 6 5 6*3 5 7*2 6*3 5 6 7 6 5*2 6 7*5 15 11 14 13 28 20 22 20*2 22*3 23 22 23*5 24 23 24*2 22 23 24 23*4 21 22 23 22 23*2 24 " +
  "22 21 20 22*2 23*2 21 23 22*2 24 21 22 23*2 21*2 22 21 23 22 23*2 20 22*3 23 22*2 23 26*2 20 19 22 23 22 25 26*3 27*2 26 24 25 " +
  "19 21 26 27*2 26 27 24 21*2 26*2 28 27*3 20 24 20 21 22 21*2 23 22*2 25*2 24*2 26 23 26 27 26*2 27*5 28 27*5 26";

/** A node is a byte's value once a code is complete, else the place of its two children. */
interface Tree {
  readonly children: Int32Array;
}

const leaf = 0x10000;
const eosBits = 30;

function codeLengths(): number[] {
  return lengths.split(" ").flatMap((run) => {
    const [bits, times] = run.split("*");
    return Array.from({ length: Number(times ?? 1) }, () => Number(bits));
  });
}

/** Codes count upwards by length, then by symbol. */
function buildTree(): Tree {
  const symbols = [...codeLengths(), eosBits]
    .map((bits, symbol) => ({ bits, symbol }))
    .sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  const children: number[] = [0, 0];
  let code = 0;
  let before = symbols[0]!.bits;
  for (const { bits, symbol } of symbols) {
    code *= 2 ** (bits - before);
    before = bits;
    let node = 0;
    for (let bit = bits - 1; bit >= 0; bit--) {
      const place = node * 2 + (Math.floor(code / 2 ** bit) % 2);
      if (bit === 0) children[place] = leaf + symbol;
      else {
        if (children[place] === 0) {
          children[place] = children.length / 2;
          children.push(0, 0);
        }
        node = children[place]!;
      }
    }
    code++;
  }
  return { children: Int32Array.from(children) };
}

const eos = leaf + 256;

export class Huffman {
  readonly #tree = buildTree();

  /** A character a byte. */
  decode(bytes: Buffer): string {
    const { children } = this.#tree;
    let text = "";
    let node = 0;
    let ones = 0;
    let depth = 0;
    for (const byte of bytes) {
      for (let bit = 7; bit >= 0; bit--) {
        const one = (byte >> bit) & 1;
        const next = children[node * 2 + one]!;
        depth++;
        ones = one ? ones + 1 : 0;
        if (next < leaf) {
          node = next;
          continue;
        }
        if (next === eos) throw new RangeError("EOS in a Huffman string");
        text += String.fromCharCode(next - leaf);
        node = 0;
        depth = 0;
        ones = 0;
      }
    }
    // At most seven ones fill the last byte.
    if (depth > 7 || depth !== Math.min(ones, depth)) throw new RangeError("wrong padding of a Huffman string");
    return text;
  }
}
