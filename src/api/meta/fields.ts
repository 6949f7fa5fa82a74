// Field selectors: `spec.nodeName=node-1,status.phase!=Running`.
// Invariant: only = and !=; which fields exist is the kind's affair (KindRules.selectableFieldNames).
// Called by: apiserver (list, watch), client. Next on the way: kinds/rules.ts.

import { own } from "#lib";
import { ApiError } from "./errors.ts";
import { compareBytes } from "./gotext.ts";

export interface FieldRequirement {
  readonly field: string;
  readonly op: "=" | "!=";
  readonly value: string;
}

export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[];
  readonly empty: boolean;
  matches(fields: Readonly<Record<string, string>>): boolean;
  /** The one value a field must have, if the selector says so. */
  exact(field: string): string | undefined;
  toString(): string;
}

/** Terms between commas; a backslash keeps a comma from dividing. */
function terms(text: string): string[] {
  const out: string[] = [];
  let term = "";
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "\\") term += character + text.charAt(++i);
    else if (character === ",") {
      out.push(term);
      term = "";
    } else term += character;
  }
  out.push(term);
  return out;
}

function unescape(value: string): string {
  let out = "";
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i);
    if (character === "\\") {
      const next = value.charAt(++i);
      if (!["\\", ",", "="].includes(next)) throw ApiError.badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      out += next;
    } else if (character === "," || character === "=") {
      throw ApiError.badRequest(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else out += character;
  }
  return out;
}

const escape = (value: string): string => value.replace(/[\\,=]/g, (character) => `\\${character}`);

export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of terms(text).sort(compareBytes)) {
    if (term === "") continue;
    const found = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (!found) throw ApiError.badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    requirements.push({ field: found[1] ?? "", op: found[2] === "!=" ? "!=" : "=", value: unescape(found[3] ?? "") });
  }
  return {
    requirements,
    empty: requirements.length === 0,
    // Upstream takes a field that an object lacks for the empty string.
    matches: (fields) => requirements.every(({ field, op, value }) => ((own(fields, field) ?? "") === value) === (op === "=")),
    exact: (field) => requirements.find((requirement) => requirement.field === field && requirement.op === "=")?.value,
    toString: () => requirements.map(({ field, op, value }) => `${field}${op}${escape(value)}`).join(","),
  };
}
