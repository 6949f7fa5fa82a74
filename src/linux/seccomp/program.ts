// An assembler for classic BPF, written from the end to the beginning: every jump's target is already there, since BPF only jumps forward.
// Invariant: a conditional jump reaches at most 255 instructions; further away stands an unconditional one in between.
// Called by: filter.ts. Next on the way: filter.ts.

export const opcodes = {
  load: 0x20,
  and: 0x54,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterEqual: 0x35,
  return: 0x06,
} as const;

interface Instruction {
  readonly code: number;
  readonly yes: number;
  readonly no: number;
  readonly k: number;
}

/** Counted from the end of the program: where an instruction stands. */
export type Label = number & { readonly labelBrand: true };

const farthest = 255;
/** The kernel's BPF_MAXINSNS. */
const limit = 4096;

export class ReverseProgram {
  readonly #instructions: Instruction[] = [];
  readonly #returns = new Map<number, Label>();

  #push(code: number, k: number, yes = 0, no = 0): Label {
    this.#instructions.push({ code, yes, no, k: k >>> 0 });
    return this.#instructions.length as Label;
  }

  /** How far `target` lies behind an instruction that is written next. */
  #distance(target: Label): number {
    return this.#instructions.length - target;
  }

  #near(target: Label): Label {
    return this.#distance(target) + 1 > farthest ? this.#push(opcodes.jump, this.#distance(target)) : target;
  }

  return(action: number): Label {
    const known = this.#returns.get(action);
    if (known !== undefined && this.#distance(known) < farthest / 2) return known;
    const label = this.#push(opcodes.return, action);
    this.#returns.set(action, label);
    return label;
  }

  /** Goes on with what was written last. */
  load(offset: number): Label {
    return this.#push(opcodes.load, offset);
  }

  and(mask: number): Label {
    return this.#push(opcodes.and, mask);
  }

  /** What comes next may have been written earlier. */
  continueAt(target: Label): void {
    if (this.#distance(target) > 0) this.#push(opcodes.jump, this.#distance(target));
  }

  branch(code: number, k: number, yes: Label, no: Label): Label {
    // A detour for `no` moves `yes` one further away: near() keeps one instruction of slack for that.
    const nearYes = this.#near(yes);
    const nearNo = this.#near(no);
    return this.#push(code, k, this.#distance(nearYes), this.#distance(nearNo));
  }

  bytes(): Buffer {
    if (this.#instructions.length > limit)
      throw new Error(`seccomp: the filter has ${this.#instructions.length} instructions, the kernel takes ${limit}`);
    const bytes = Buffer.alloc(this.#instructions.length * 8);
    for (const [index, { code, yes, no, k }] of this.#instructions.toReversed().entries()) {
      bytes.writeUInt16LE(code, index * 8);
      bytes.writeUInt8(yes, index * 8 + 2);
      bytes.writeUInt8(no, index * 8 + 3);
      bytes.writeUInt32LE(k, index * 8 + 4);
    }
    return bytes;
  }
}
