// Plays a page: every fence in order, healthy, then broken and healed again where it says so.
// Invariant: a broken section's check must go red before it is healed and green after; otherwise the lab teaches something untrue.
// Called by: lab.ts and tour.ts. Next on the way: transcript.ts (is the output as told?), world.ts (where it happens).

import { type Clock, delay } from "#lib";
import { type Break, type Command, type Page, sentenceBefore, type Step } from "./format.ts";
import { type Captures, matches, outputLines, rewritten, substitute } from "./transcript.ts";
import type { World } from "./world.ts";

/** What the player shows and asks; a terminal and a plain log implement it. */
export interface Stage {
  prose(text: string): void;
  command(command: string): void;
  /** `as`: what the page says it prints. */
  output(lines: readonly string[], ok: boolean): void;
  verdict(ok: boolean, text: string): void;
  note(text: string): void;
  excerpt(step: Extract<Step, { type: "excerpt" }>): Promise<void>;
  ask(question: string): Promise<void>;
  /** Waits for the learner; in a log it does nothing. */
  next(): Promise<void>;
}

export interface PlayOptions {
  readonly clock: Clock;
  readonly stage: Stage;
  /** Which breaks are played. */
  readonly breaks: readonly string[];
  readonly only?: "checks";
}

export interface Outcome {
  /** What the page says and is not so: `path:line: …`. */
  readonly failures: readonly string[];
  /** Line ranges (from 1, both included) of the page to be replaced, for UPDATE. */
  readonly updates: readonly { readonly from: number; readonly to: number; readonly lines: readonly string[] }[];
}

const retryMs = 200;

export async function play(page: Page, world: World, options: PlayOptions): Promise<Outcome> {
  const player = new Player(page, world, options);
  await player.play();
  return { failures: player.failures, updates: player.updates };
}

class Player {
  readonly failures: string[] = [];
  readonly updates: { from: number; to: number; lines: readonly string[] }[] = [];
  readonly #page: Page;
  readonly #world: World;
  readonly #options: PlayOptions;
  readonly #captures: Captures = new Map();
  #broken: Break | undefined;
  #skipping = false;

  constructor(page: Page, world: World, options: PlayOptions) {
    this.#page = page;
    this.#world = world;
    this.#options = options;
  }

  async play(): Promise<void> {
    for (const step of this.#page.steps) await this.#step(step);
    if (this.#broken) this.#fail(this.#page.lines.length, `break ${this.#broken.name} is never healed`);
  }

  async #step(step: Step): Promise<void> {
    const { stage } = this.#options;
    if (step.type === "break") return this.#break(step);
    if (step.type === "heal") return this.#heal(step);
    if (this.#skipping) return;
    const quiet = this.#options.only === "checks";
    if (step.type === "prose") return quiet ? undefined : stage.prose(step.text);
    if (step.type === "hint") return;
    if (step.type === "excerpt") return quiet ? undefined : stage.excerpt(step);
    if (step.type === "predict") {
      if (quiet) return;
      await stage.ask(step.question);
      if (step.answer !== "") stage.prose(step.answer);
      return;
    }
    if (step.type === "check") {
      if (!this.#broken) await this.#expectGreen(step);
      return;
    }
    if (step.type === "look" && step.words !== "" && !quiet) stage.note(step.words);
    for (const command of step.commands) await this.#run(command, step.type);
  }

  async #run(command: Command, type: "run" | "look"): Promise<void> {
    const { stage } = this.#options;
    const text = substitute(command.command, this.#captures);
    stage.command(text);
    await stage.next();
    const { code, output } = await this.#world.run(text);
    const ok = type === "look" && command.expected.length === 0 ? code === 0 : matches(command.expected, output, this.#captures);
    stage.output(outputLines(output), ok);
    if (ok) return;
    const told = sentenceBefore(this.#page, command.line);
    this.#fail(command.line, `\`${text}\` prints something else. Now wrong: "${told}"${difference(command.expected, output)}`);
    this.updates.push({
      from: command.line,
      to: command.endLine,
      lines: [...this.#page.lines.slice(command.line - 1, command.endLine - command.expected.length), ...rewritten(output, this.#captures)],
    });
  }

  async #break(step: Extract<Step, { type: "break" }>): Promise<void> {
    const found = this.#page.breaks.find(({ name }) => name === step.name);
    if (!found) throw new Error(`${this.#page.path}:${step.line}: break ${step.name} is not in the front matter`);
    this.#skipping = !this.#options.breaks.includes(step.name);
    if (this.#skipping) return;
    this.#broken = found;
    const { stage } = this.#options;
    stage.note(`break ${found.name}${found.mutant ? `: ${found.mutant.text}` : ""}`);
    if (found.mutant) await this.#world.mutate([found.mutant.text]);
    if (found.command !== undefined)
      await this.#run({ command: found.command, expected: ["…"], line: step.line, endLine: step.line }, "look");
    for (const command of step.commands) await this.#run(command, "run");
  }

  async #heal(step: Extract<Step, { type: "heal" }>): Promise<void> {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const broken = this.#broken;
    if (!broken) throw new Error(`${this.#page.path}:${step.line}: heal without a break`);
    const check = this.#page.steps.find((one) => one.type === "check" && one.name === broken.reddens);
    if (check?.type !== "check") throw new Error(`${this.#page.path}:${step.line}: no check ${broken.reddens}`);
    const { stage } = this.#options;
    const red = !(await this.#green(check)).ok;
    stage.verdict(red, `check ${check.name} is ${red ? "red, as it should be" : "still green"}`);
    if (!red)
      this.#fail(
        step.line,
        `break ${broken.name} does not turn check ${check.name} red. Now wrong: "${sentenceBefore(this.#page, step.line)}"`,
      );
    this.#broken = undefined;
    stage.note(`heal ${broken.name}`);
    if (broken.mutant) await this.#world.mutate([]);
    for (const command of step.commands) await this.#run(command, "run");
    await this.#expectGreen(check);
  }

  async #expectGreen(check: Extract<Step, { type: "check" }>): Promise<void> {
    const { ok, output, command } = await this.#green(check);
    this.#options.stage.verdict(ok, `check ${check.name} is ${ok ? "green" : "red"}`);
    if (ok) return;
    this.#fail(
      check.line,
      `check ${check.name} is red. Now wrong: "${sentenceBefore(this.#page, check.line)}"${difference(command?.expected ?? [], output)}`,
    );
  }

  /** Green when every command prints what it should, within the time; red is only known when the time is over. */
  async #green(check: Extract<Step, { type: "check" }>): Promise<{ ok: boolean; output: string; command?: Command }> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + check.withinMs;
    for (;;) {
      const result = await this.#once(check);
      if (result.ok || clock.monotonicMs() >= untilMs) return result;
      await delay(clock, retryMs);
    }
  }

  async #once(check: Extract<Step, { type: "check" }>): Promise<{ ok: boolean; output: string; command?: Command }> {
    for (const command of check.commands) {
      const { output } = await this.#world.run(substitute(command.command, this.#captures));
      if (!matches(command.expected, output, new Map(this.#captures))) return { ok: false, output, command };
    }
    return { ok: true, output: "" };
  }

  #fail(line: number, message: string): void {
    this.failures.push(`${this.#page.path}:${line}: ${message}`);
  }
}

function difference(expected: readonly string[], output: string): string {
  const show = (lines: readonly string[]): string => (lines.length === 0 ? "    (nothing)" : lines.map((line) => `    ${line}`).join("\n"));
  return `\n  the page says:\n${show(expected)}\n  it prints:\n${show(outputLines(output))}`;
}
