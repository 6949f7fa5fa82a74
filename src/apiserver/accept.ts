// What form the caller wants its answer in: the media type, and whether it wants the object, a table of it, or only its metadata.
// Invariant: JSON wins whenever the caller takes it; protobuf is written only for those who take nothing else; what cannot be served is refused by name.
// Called by: pipeline.ts, once per request. Next on the way: output.ts, which writes that form.

import { ApiError } from "#api";

export interface Representation {
  readonly media: "json" | "yaml" | "protobuf";
  readonly view: "object" | "table" | "partial";
  readonly pretty: boolean;
}

export const plainJson: Representation = { media: "json", view: "object", pretty: false };

const medias: Readonly<Record<string, Representation["media"]>> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
};
export const mediaTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;
const streamTypes = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"] as const;

interface Clause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

function parseAccept(header: string): Clause[] {
  const clauses = header.split(",").flatMap((part): Clause[] => {
    const [type = "", ...rest] = part.split(";").map((piece) => piece.trim());
    if (type === "") return [];
    const parameters: Record<string, string> = {};
    for (const piece of rest) {
      const equals = piece.indexOf("=");
      if (equals > 0) parameters[piece.slice(0, equals)] = piece.slice(equals + 1).replace(/^"(.*)"$/, "$1");
    }
    const quality = Number(parameters["q"] ?? "1");
    return [{ type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality }];
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

/** The view a clause asks for; undefined when it is none that we have. */
function viewOf({ parameters }: Clause): Representation["view"] | undefined {
  const { as, v, g } = parameters;
  if (as === undefined) return "object";
  if (g !== "meta.k8s.io" || v !== "v1") return undefined;
  if (as === "Table") return "table";
  return as === "PartialObjectMetadata" || as === "PartialObjectMetadataList" ? "partial" : undefined;
}

function mediaOf(type: string): Representation["media"] | undefined {
  return type === "*/*" || type === "application/*" ? "json" : Object.hasOwn(medias, type) ? medias[type] : undefined;
}

export interface AcceptInput {
  readonly accept: string | undefined;
  readonly stream: boolean;
  readonly pretty: boolean;
}

export function negotiate({ accept, stream, pretty }: AcceptInput): Representation {
  if (accept === undefined || accept.trim() === "") return { ...plainJson, pretty };
  const clauses = parseAccept(accept);
  let last: Representation | undefined;
  for (const clause of clauses) {
    const media = mediaOf(clause.type);
    const view = viewOf(clause);
    if (media === undefined || view === undefined || (stream && media === "yaml") || (media === "protobuf" && view === "table")) continue;
    if (media === "protobuf") last ??= { media, view, pretty: false };
    else return { media, view, pretty };
  }
  if (last) return last;
  if (clauses.some((clause) => mediaOf(clause.type) !== undefined)) throw ApiError.notAcceptable(stream ? streamTypes : mediaTypes);
  const known = [...mediaTypes, ...streamTypes].join(", ");
  throw ApiError.of(406, "NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${known}`, {});
}

const maxRemembered = 256;

/** Clients say the same in each request: what came of it is remembered for a few hundred ways of saying it. */
export class Negotiated {
  readonly #known = new Map<string, Representation>();

  of(accept: string | undefined, stream: boolean, pretty: boolean): Representation {
    const key = `${stream ? "s" : ""}${pretty ? "p" : ""} ${accept ?? ""}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = negotiate({ accept, stream, pretty });
    if (this.#known.size >= maxRemembered) this.#known.clear();
    this.#known.set(key, made);
    return made;
  }
}

/** Browsers and the tools people type into get JSON they can read; `?pretty=` decides if it is there. */
export function wantsPretty(query: URLSearchParams, userAgent: string): boolean {
  const asked = query.get("pretty");
  if (asked !== null) return asked !== "0" && asked !== "false";
  return userAgent.startsWith("curl") || userAgent.startsWith("Wget") || userAgent.startsWith("Mozilla/5.0");
}
