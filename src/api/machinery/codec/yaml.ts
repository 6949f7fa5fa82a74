// YAML bodies and files, read as upstream reads them: YAML 1.1, first document only, turned into JSON and then decoded as JSON.
// Invariant: `yes`, `on`, `0777` mean what they mean to upstream; times stay text; whole numbers keep all their digits.
// Called by: apiserver (application/yaml), config (kubeconfig), cli. Next on the way: json.ts.

import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { untypedText } from "./encode.ts";
import { DecodeError } from "./errors.ts";
import { type Decoded, decodeJsonText } from "./json.ts";
import { textOf } from "./scanner.ts";
import { decodeUntypedText, type UntypedJson } from "./untyped.ts";

/** Loaded with the first YAML body: most processes never see one. */
const require = createRequire(import.meta.url);

/** Upstream's parser knows neither of these: minutes-and-seconds are text, and so are dates. */
const foreignTags = new Set(["tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:set", "tag:yaml.org,2002:omap", "tag:yaml.org,2002:pairs"]);

export interface YamlConverted {
  readonly json: Buffer;
  /** Keys that were given twice; the last one won. */
  readonly strictErrors: readonly string[];
}

function parse(text: string): { value: unknown; duplicates: string[] } {
  const yaml = require("yaml") as typeof Yaml;
  const lines = new yaml.LineCounter();
  const options: Yaml.ParseOptions & Yaml.DocumentOptions & Yaml.SchemaOptions = {
    version: "1.1",
    merge: true,
    intAsBigInt: true,
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === "string" || (!foreignTags.has(tag.tag) && (tag as { format?: string }).format !== "TIME")),
  };
  const [document] = yaml.parseAllDocuments(text, options) as Yaml.Document.Parsed[];
  if (document === undefined) return { value: null, duplicates: [] };
  const error = document.errors[0];
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    throw new DecodeError("value", `error converting YAML to JSON: yaml: line ${line}: ${error.message}`);
  }
  const duplicates: string[] = [];
  yaml.visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = keyText(yaml.isScalar(key) ? key.value : key);
        const at = yaml.isNode(key) ? (key.range?.[0] ?? 0) : 0;
        if (seen.has(name)) duplicates.push(`  line ${lines.linePos(at).line}: key ${JSON.stringify(name)} already set in map`);
        seen.add(name);
      }
    },
  });
  return { value: document.toJS({ mapAsMap: true }) as unknown, duplicates };
}

function keyText(key: unknown): string {
  return typeof key === "string" ? key : String(key as number | boolean | bigint | null);
}

/** Maps become objects with text keys; what JSON has no form for becomes text. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    const result: Record<string, unknown> = {};
    for (const [key, inner] of value) result[keyText(key)] = plain(inner);
    return result;
  }
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (typeof value === "number" && !Number.isFinite(value))
    throw new DecodeError("value", `error converting YAML to JSON: json: unsupported value: ${value}`);
  return value;
}

export function yamlToJson(bytes: Uint8Array): YamlConverted {
  const { value, duplicates } = parse(textOf(bytes));
  const strictErrors = duplicates.length === 0 ? [] : [`error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates.join("\n")}`];
  return { json: Buffer.from(untypedText(plain(value))), strictErrors };
}

export function decodeYaml(text: string): UntypedJson {
  return decodeUntypedText(untypedText(plain(parse(text).value))).value;
}

export function decodeYamlBody(bytes: Uint8Array, type: string): Decoded {
  const { json, strictErrors } = yamlToJson(bytes);
  const decoded = decodeJsonText(json.toString(), type);
  return { object: decoded.object, strictErrors: [...strictErrors, ...decoded.strictErrors] };
}
