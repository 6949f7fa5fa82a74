// Which form of a discovery document a client asked for.
// Invariant: the first alternative of Accept that we can serve wins; weights (q=) are ignored, as upstream does.
// Called by: handler.ts, openapi.ts.   Next on the way: documents.ts.

export interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseAccept(accept: string | undefined): MediaType[] {
  if (accept === undefined || accept.trim() === "") return [{ type: "*/*", parameters: {} }];
  return accept.split(",").map((part) => {
    const [type = "", ...rest] = part.split(";").map((piece) => piece.trim());
    const pairs = rest.map((piece) => {
      const equals = piece.indexOf("=");
      return [piece.slice(0, equals).toLowerCase(), piece.slice(equals + 1)] as const;
    });
    return { type: type.toLowerCase(), parameters: Object.fromEntries(pairs) };
  });
}

export const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

export type DiscoveryForm = "aggregated" | "json" | "yaml";

/** Undefined: nothing of what the client accepts (406). */
export function negotiateDiscovery(accept: string | undefined, aggregates: boolean): DiscoveryForm | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    const json = type === "application/json" || type === "application/*" || type === "*/*";
    if (parameters["as"] !== undefined || parameters["g"] !== undefined) {
      const wanted = parameters["g"] === "apidiscovery.k8s.io" && parameters["v"] === "v2" && parameters["as"] === "APIGroupDiscoveryList";
      if (json && wanted && aggregates) return "aggregated";
    } else if (json) return "json";
    else if (type === "application/yaml") return "yaml";
  }
  return undefined;
}
