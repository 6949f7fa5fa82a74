// Selectors: what they match, how they print, and upstream's words for those that cannot be read.
// Invariant: every error text was read off a reference server.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelSelector } from "../machinery/types.gen.ts";
import { ApiError } from "./errors.ts";
import { parseFieldSelector } from "./fields.ts";
import { formatLabelSelector, nothing, parseLabelSelector, selectorFromLabelSelector } from "./labels.ts";

const key =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const value =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const badLabels: readonly [string, string][] = [
  ["a in (b~)", `unable to parse requirement: values[0][a]: Invalid value: "b~": ${value}`],
  ["a!b", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"],
  ["a=b,", "found '', expected: identifier after ','"],
  ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ["-a=b", `unable to parse requirement: <nil>: Invalid value: "-a": ${key}`],
  ["=a", "found '=', expected: !, identifier, or 'end of string'"],
  ["a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ['a="', `unable to parse requirement: values[0][a]: Invalid value: "\\"": ${value}`],
  ["(a)", "found '(', expected: !, identifier, or 'end of string'"],
  ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
  ["a in b", "unable to parse requirement: found 'b' expected: '('"],
  ["a=b=c", "found '=', expected: ',' or 'end of string'"],
  ["!a=b", "found '=', expected: ',' or 'end of string'"],
  ["a===b", "unable to parse requirement: found '=', expected: identifier"],
];

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status.code, 400);
    return error.message;
  }
  return "accepted";
}

test("label selectors that cannot be read", () => {
  assert.deepEqual(
    badLabels.map(([text]) => [text, messageOf(() => parseLabelSelector(text))]),
    badLabels,
  );
});

test("label selectors: text back, and what they match", () => {
  const labels = { app: "web", tier: "db", n: "5", constructor: "x" };
  const rows: readonly [string, string, boolean][] = [
    ["", "", true],
    ["app=web", "app=web", true],
    ["tier==db , app", "app,tier==db", true],
    ["app in (web,api),tier notin (x)", "app in (api,web),tier notin (x)", true],
    ["!missing", "!missing", true],
    ["missing", "missing", false],
    ["missing!=x", "missing!=x", true],
    ["app!=web", "app!=web", false],
    ["n>4", "n>4", true],
    ["n<5", "n<5", false],
    ["constructor=x", "constructor=x", true],
    ["toString", "toString", false],
    ["in in (in)", "in in (in)", false],
    ["app in ()", "app in ()", false],
  ];
  for (const [text, printed, matches] of rows) {
    const selector = parseLabelSelector(text);
    assert.deepEqual([text, selector.toString(), selector.matches(labels)], [text, printed, matches]);
  }
});

test("an object's selector: missing selects nothing, empty selects everything", () => {
  assert.equal(selectorFromLabelSelector(undefined), nothing);
  assert.equal(selectorFromLabelSelector({}).matches(undefined), true);
  const selector: LabelSelector = {
    matchLabels: { b: "2", a: "1" },
    matchExpressions: [{ key: "c", operator: "NotIn", values: ["y", "x"] }],
  };
  assert.equal(formatLabelSelector(selector), "a=1,b=2,c notin (x,y)");
  assert.equal(formatLabelSelector({}), "<none>");
});

test("field selectors", () => {
  const rows: readonly [string, string][] = [
    ["a", "invalid selector: 'a'; can't understand 'a'"],
    ["metadata.name=\\x", "invalid field selector: invalid escape sequence: \\x"],
    ["metadata.name=a=b", "invalid field selector: unescaped character in value: 61"],
  ];
  for (const [text, message] of rows)
    assert.equal(
      messageOf(() => parseFieldSelector(text)),
      message,
    );
  const selector = parseFieldSelector("spec.nodeName!=n\\,1,status.phase==Running");
  assert.deepEqual(selector.requirements, [
    { field: "spec.nodeName", op: "!=", value: "n,1" },
    { field: "status.phase", op: "=", value: "Running" },
  ]);
  assert.equal(selector.toString(), "spec.nodeName!=n\\,1,status.phase=Running");
  assert.equal(selector.matches({ "status.phase": "Running" }), true);
  assert.equal(selector.exact("status.phase"), "Running");
});
