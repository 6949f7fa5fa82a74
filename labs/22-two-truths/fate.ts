// Lives of three members, by seed: messages overtake each other, disks are slow, machines die and come back. Then each leader is asked to write x.
// Invariant: chance is the seed's alone, so a seed is a life, word for word; nothing happens that Raft does not allow for.
// Called by: lab.md beside it. Next on the way: src/raft/story.ts, which moves the members; src/sim/store, the same with logs, snapshots and clients.

import { type Prng, seededPrng } from "#lib";
import { Story } from "#raft/story";

const members = [1, 2, 3];

class Life {
  readonly told: string[] = [];
  readonly #story = new Story();
  /** Who leads at this moment, and which term. */
  readonly #leads = new Map<number, number>();
  readonly #truths = new Map<number, string>();
  /** Two who lead the same term at the same moment, if it comes to that. */
  rivals: readonly [number, number] | undefined;

  run(command: string): void {
    const lines = this.#story.run(command);
    if (lines.length > 0 || !command.startsWith("deliver")) this.told.push(`> ${command}`, ...lines.map((line) => `    ${line}`));
    for (const line of lines) {
      const [, who, role, term] = /^(\d) is (\w+) in term (\d+)/.exec(line) ?? [];
      const [, member, truth] = /^(\d) applies .*x=(\d)(?!.*x=)/.exec(line) ?? [];
      if (member !== undefined) this.#truths.set(Number(member), truth!);
      if (who !== undefined) this.#becomes(Number(who), role === "leader" ? Number(term) : undefined);
    }
    const [, dead] = /^crash (\d)/.exec(command) ?? [];
    if (dead !== undefined) this.#leads.delete(Number(dead));
  }

  /** `term`: the one it leads. */
  #becomes(who: number, term: number | undefined): void {
    this.#leads.delete(who);
    if (term === undefined) return;
    const [other] = [...this.#leads].find(([, led]) => led === term) ?? [];
    if (other !== undefined) this.rivals ??= [other, who];
    this.#leads.set(who, term);
  }

  /** What the two have told their clients. */
  get truths(): string {
    return (this.rivals ?? []).map((member) => `member ${member} says x=${this.#truths.get(member) ?? "?"}`).join(", ");
  }
}

function somethingHappens(life: Life, prng: Prng): void {
  const member = prng.between(1, 3);
  const fate = prng.next();
  if (fate < 0.85) life.run(`deliver ${member}→${prng.between(1, 3)}`);
  else if (fate < 0.91) life.run(`hold ${member}`);
  else if (fate < 0.912) life.run(`sync ${member}`);
  else if (fate < 0.982) life.run(`campaign ${member}`);
  else for (const command of ["crash", "restart"]) life.run(`${command} ${member}`);
}

/** Each of the two is connected with the third member only, and writes what it likes. */
function bothWrite(life: Life, [one, two]: readonly [number, number]): void {
  const third = members.find((member) => member !== one && member !== two)!;
  // What was still on its way is lost; the disks are quick again.
  for (const command of ["lose", ...members.map((member) => `sync ${member}`), "lose"]) life.run(command);
  for (const leader of [one, two]) {
    life.run(`propose ${leader} x=${leader}`);
    for (let round = 0; round < 6; round++)
      for (const command of [`tick ${leader}`, `deliver ${leader}→${third}`, `deliver ${third}→${leader}`]) life.run(command);
  }
}

function live(seed: number): Life {
  const prng = seededPrng(seed);
  const life = new Life();
  life.run("members 3");
  for (let step = 0; step < 400 && !life.rivals; step++) somethingHappens(life, prng);
  if (life.rivals) bothWrite(life, life.rivals);
  return life;
}

const [first = 1, last] = (process.argv[2] ?? "1").split("-").map(Number);
if (last === undefined) {
  const { told, rivals, truths } = live(first);
  if (process.argv.includes("--whole")) console.log(told.join("\n"));
  console.log(
    rivals ? `seed ${first}: ${rivals.join(" and ")} lead the same term; ${truths}` : `seed ${first}: never two leaders of one term`,
  );
} else {
  const bad: number[] = [];
  for (let seed = first; seed <= last; seed++) if (live(seed).rivals) bad.push(seed);
  console.log(
    `${last - first + 1} lives, ${bad.length} with two leaders of one term${bad.length > 0 ? `; the first is seed ${bad[0]}` : ""}`,
  );
}
