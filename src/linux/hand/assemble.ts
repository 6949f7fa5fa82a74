// From instructions with labels to bytes: what an assembler does, for programs short enough to be written as data.
// Invariant: every jump of a processor has one length, so that labels are known after one walk.
// Called by: program.ts. Next on the way: elf.ts.

/** One instruction: its bytes, or a jump whose distance is known when all have been placed. */
export type Instruction = readonly number[] | { readonly jump: readonly number[]; readonly to: string } | { readonly label: string };

/** A jump's bytes, from where it stands to where it leads. */
export type Jump = (jump: readonly number[], from: number, to: number) => readonly number[];

export const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];

export function assemble(program: readonly Instruction[], jump: Jump): Buffer {
  const labels = new Map<string, number>();
  let offset = 0;
  for (const instruction of program) {
    if ("label" in instruction) labels.set(instruction.label, offset);
    else offset += "jump" in instruction ? jump(instruction.jump, 0, 0).length : instruction.length;
  }
  const bytes: number[] = [];
  for (const instruction of program) {
    if ("jump" in instruction) bytes.push(...jump(instruction.jump, bytes.length, labels.get(instruction.to)!));
    else if (!("label" in instruction)) bytes.push(...instruction);
  }
  return Buffer.from(bytes);
}
