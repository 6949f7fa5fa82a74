// Reads a label selector's text: `app in (a,b),!old,tier!=db`.
// Invariant: accepts and refuses exactly what upstream does, with its words; the lexer looks at one character at a time.
// Called by: labels.ts. Next on the way: labels.ts, where requirements are matched.

import { goQuote } from "./gotext.ts";
import { isLabelValue, isQualifiedName } from "./names.ts";

export type LabelOperator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

interface Token {
  readonly type: "end" | "identifier" | "error" | ")" | "," | "!" | "==" | "=" | ">" | "in" | "<" | "!=" | "notin" | "(";
  readonly text: string;
}

const binaryOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
]);

/** What is wrong with a selector's text; labels.ts makes it a BadRequest. */
export class SelectorSyntaxError extends Error {
  override name = "SelectorSyntaxError";
}

const fail = (text: string): never => {
  throw new SelectorSyntaxError(text);
};

const isSpecial = (character: string): boolean => "=!(),><".includes(character);
const isSpace = (character: string): boolean => " \t\r\n".includes(character);

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (isSpace(character)) {
      at++;
    } else if (isSpecial(character)) {
      const two = text.slice(at, at + 2);
      const symbol = two === "==" || two === "!=" ? two : character;
      tokens.push({ type: symbol as Token["type"], text: symbol });
      at += symbol.length;
    } else {
      let end = at;
      while (end < text.length && !isSpecial(text.charAt(end)) && !isSpace(text.charAt(end))) end++;
      const word = text.slice(at, end);
      tokens.push({ type: word === "in" || word === "notin" ? word : "identifier", text: word });
      at = end;
    }
  }
  tokens.push({ type: "end", text: "" });
  return tokens;
}

/** Builds a requirement or complains as upstream does about its parts. */
export function requirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const complaints: string[] = [];
  const badKey = isQualifiedName(key);
  if (badKey.length > 0) complaints.push(`key: Invalid value: ${goQuote(key)}: ${badKey.join("; ")}`);
  if (operator === "gt" || operator === "lt") {
    const isInteger = (value: string): boolean => /^[+-]?[0-9]+$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value);
    values.forEach((value, i) => {
      const text = "for 'Gt', 'Lt' operators, the value must be an integer";
      if (!isInteger(value)) complaints.push(`values[${i}]: Invalid value: ${goQuote(value)}: ${text}`);
    });
  }
  values.forEach((value, i) => {
    const bad = isLabelValue(value);
    if (bad.length > 0) complaints.push(`values[${i}][${key}]: Invalid value: ${goQuote(value)}: ${bad.join("; ")}`);
  });
  if (complaints.length > 0) fail(complaints.length === 1 ? (complaints[0] ?? "") : `[${complaints.join(", ")}]`);
  return { key, operator, values };
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: "end", text: "" };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  /** Where a value may stand, `in` and `notin` are ordinary words. */
  #isWord(token: Token): boolean {
    return token.type === "identifier" || token.type === "in" || token.type === "notin";
  }

  parse(): LabelRequirement[] {
    const found: LabelRequirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.type === "end") return found;
      if (!this.#isWord(token) && token.type !== "!") fail(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      found.push(this.#requirement());
      const after = this.#next();
      if (after.type === "end") return found;
      if (after.type !== ",") fail(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (!this.#isWord(following) && following.type !== "!") fail(`found '${following.text}', expected: identifier after ','`);
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#oneRequirement();
    } catch (error) {
      if (error instanceof SelectorSyntaxError) throw new SelectorSyntaxError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #oneRequirement(): LabelRequirement {
    let token = this.#next();
    const negated = token.type === "!";
    if (negated) token = this.#next();
    if (!this.#isWord(token)) fail(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const bad = isQualifiedName(key);
    if (bad.length > 0) fail(`<nil>: Invalid value: ${goQuote(key)}: ${bad.join("; ")}`);
    const after = this.#peek();
    if (negated) return requirement(key, "!", []);
    if (after.type === "end" || after.type === ",") return requirement(key, "exists", []);
    const operator = this.#operator();
    return requirement(key, operator, operator === "in" || operator === "notin" ? this.#values() : this.#oneValue());
  }

  #operator(): LabelOperator {
    const token = this.#next();
    const operator = binaryOperators.get(token.type);
    return operator ?? fail(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }

  #oneValue(): string[] {
    const token = this.#peek();
    if (token.type === "end" || token.type === ",") return [""];
    this.#at++;
    return this.#isWord(token) ? [token.text] : fail(`found '${token.text}', expected: identifier`);
  }

  #values(): string[] {
    const open = this.#next();
    if (open.type !== "(") fail(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.type === ")") {
      this.#at++;
      return [""];
    }
    if (!this.#isWord(first) && first.type !== ",") fail(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = new Set<string>();
    for (;;) {
      const token = this.#next();
      const after = this.#peek();
      if (this.#isWord(token)) {
        values.add(token.text);
        if (after.type === ")") break;
        if (after.type !== ",") fail(`found '${after.text}', expected: ',' or ')'`);
      } else if (token.type === ",") {
        if (values.size === 0) values.add("");
        if (after.type === ")" || after.type === ",") values.add("");
        if (after.type === ")") break;
      } else {
        fail(`found '${token.text}', expected: ',', or identifier`);
      }
    }
    this.#at++;
    return [...values].sort();
  }
}

export function parseRequirements(text: string): LabelRequirement[] {
  return new Parser(text).parse();
}
