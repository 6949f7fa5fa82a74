// Endpoints and EndpointSlices: where a Service's traffic may go.
// Invariant: a port without a protocol is TCP; a slice's ports have a name, which may be empty; an address type never changes.
// Called by: kinds/index.ts. Next on the way: network/proxy.

import type { DiscoveryV1EndpointPort, Endpoints, EndpointSlice } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { ageColumn, column, firstFew, nameColumn } from "./columns.ts";
import { as, bumpGeneration, sameMap, sameOnWire } from "./common.ts";
import type { KindRules } from "./rules.ts";

const shown = 3;

function endpointsText({ subsets = [] }: Endpoints): string {
  const list = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip ?? "");
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => (ip?.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)));
  });
  if (subsets.length === 0) return "<none>";
  const text = list.slice(0, shown).join(",");
  return list.length > shown ? `${text} + ${list.length - shown} more...` : text;
}

export const endpoints: KindRules = {
  group: "",
  version: "v1",
  kind: "Endpoints",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    for (const subset of as<Endpoints>(object).subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  columns: [nameColumn, column("Endpoints", "Addresses and ports."), ageColumn],
  row: (object, nowMs) => ({
    cells: [object.metadata.name ?? "", endpointsText(as<Endpoints>(object)), age(object.metadata.creationTimestamp, nowMs)],
  }),
};

function portText({ port, name }: DiscoveryV1EndpointPort): string {
  return port === undefined ? (name ?? "*") : String(port);
}

const addressTypes = ["FQDN", "IPv4", "IPv6"];

function validateSlice({ addressType, endpoints: list = [] }: EndpointSlice): FieldError[] {
  if (!addressType) return [fieldError.required("addressType")];
  const errors: FieldError[] = [];
  if (!addressTypes.includes(addressType)) errors.push(fieldError.notSupported("addressType", addressType, addressTypes));
  if (list.length > 1000) errors.push(fieldError.tooMany("endpoints", list.length, 1000));
  for (const [i, { addresses = [] }] of list.entries()) {
    if (addresses.length === 0) errors.push(fieldError.required(`endpoints[${i}].addresses`, "must contain at least 1 address"));
  }
  return errors;
}

export const endpointSlice: KindRules = {
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  nameRule: "dns1123-subdomain",
  setDefaults: (object) => {
    for (const port of as<EndpointSlice>(object).ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  prepareForCreate: (object) => {
    object.metadata.generation = 1;
  },
  prepareForUpdate: (object, old) => {
    // Only the metadata that people and programs write counts as a change.
    const type = "io.k8s.api.discovery.v1.EndpointSlice";
    const same =
      sameMap(object.metadata.labels, old.metadata.labels) && sameOnWire({ ...object, metadata: {} }, { ...old, metadata: {} }, type);
    bumpGeneration(object, old, !same);
  },
  validate: (object) => validateSlice(as<EndpointSlice>(object)),
  validateUpdate: (object, old) => {
    const [now, then] = [as<EndpointSlice>(object).addressType, as<EndpointSlice>(old).addressType];
    const errors = validateSlice(as<EndpointSlice>(object));
    return now === then ? errors : [...errors, fieldError.invalid("addressType", now ?? "", "field is immutable")];
  },
  allowUnconditionalUpdate: true,
  columns: [
    nameColumn,
    column("AddressType", "The kind of addresses in it."),
    column("Ports", "Ports of each address."),
    column("Endpoints", "The addresses."),
    ageColumn,
  ],
  row: (object, nowMs) => {
    const slice = as<EndpointSlice>(object);
    const cells = [
      object.metadata.name ?? "",
      slice.addressType ?? "",
      firstFew((slice.ports ?? []).map(portText), shown),
      firstFew(
        (slice.endpoints ?? []).flatMap((one) => one.addresses ?? []),
        shown,
      ),
      age(object.metadata.creationTimestamp, nowMs),
    ];
    return { cells };
  },
};
