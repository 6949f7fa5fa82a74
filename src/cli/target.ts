// KIND/NAME as a person types it: plural, singular, kind or short name, with or without its group.
// Invariant: an unknown kind is refused by name with what it may have meant; nothing is asked of a server.
// Called by: trace.ts, why.ts. Next on the way: api's table of resources.

import { type ResourceInfo, resources } from "#api";
import { nearest } from "#config";
import { CliError, exitCodes } from "./io.ts";

export interface Target {
  readonly info: ResourceInfo;
  readonly name: string;
}

const wordsOf = (info: ResourceInfo): readonly string[] => [info.resource, info.singular, info.kind.toLowerCase(), ...info.shortNames];

/** `deploy`, `Deployment`, `deployments.apps`, `deployments.v1.apps`. The first in the table wins, as in kubectl. */
export function findResourceByWord(text: string): ResourceInfo | undefined {
  const [word = "", ...rest] = text.toLowerCase().split(".");
  return resources.find((info) => {
    if (!wordsOf(info).includes(word)) return false;
    return rest.length === 0 || rest.join(".") === info.group || rest.join(".") === `${info.version}.${info.group}`;
  });
}

/** Also as two words: `pod web`. */
export function parseTarget(text: string, second?: string): Target {
  const [kind = "", name = "", ...rest] = second === undefined ? text.split("/") : [text, second];
  if (kind === "" || name === "" || rest.length > 0) throw new CliError(`${JSON.stringify(text)} is not KIND/NAME`, exitCodes.wrongUse);
  const info = findResourceByWord(kind);
  if (info) return { info, name };
  const near = nearest(kind.toLowerCase(), resources.flatMap(wordsOf));
  throw new CliError(`no kind ${JSON.stringify(kind)}${near === undefined ? "" : `; did you mean ${near}?`}`, exitCodes.wrongUse);
}
