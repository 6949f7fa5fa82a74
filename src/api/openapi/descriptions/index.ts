// What `kubectl explain` tells about the kinds that people meet first: plain sentences in our own words.
// Invariant: keys are short type names and field names of the table (a test checks them); absent means no description.
// Called by: ../schema.ts.   Next on the way: kubectl explain.

import { access } from "./access.ts";
import { cluster, meta } from "./cluster.ts";
import { containers } from "./containers.ts";
import type { Descriptions } from "./form.ts";
import { network } from "./network.ts";
import { pods } from "./pods.ts";
import { scaling } from "./scaling.ts";
import { volumes } from "./volumes.ts";
import { workloads } from "./workloads.ts";

const apiPrefix = "io.k8s.api.";
const metaPrefix = "io.k8s.apimachinery.pkg.apis.";

const text: Descriptions = { ...pods, ...containers, ...volumes, ...workloads, ...scaling, ...cluster, ...access, ...network };

const common: Readonly<Record<string, string>> = {
  apiVersion: "Group and version of the API that this object is written in.",
  kind: "What this object is.",
};
const metadata = "Name, namespace, labels and other facts that every object has.";

function find(type: string, field: string): string | undefined {
  const isMeta = type.startsWith(metaPrefix);
  if (!isMeta && !type.startsWith(apiPrefix)) return undefined;
  const name = type.slice((isMeta ? metaPrefix : apiPrefix).length);
  const texts = isMeta ? meta : text;
  const about = Object.hasOwn(texts, name) ? texts[name] : undefined;
  return about && Object.hasOwn(about, field) ? about[field] : undefined;
}

export function describeType(type: string): string | undefined {
  return find(type, "");
}

export function describeField(type: string, field: string, ref: string | undefined): string | undefined {
  const own = find(type, field);
  if (own !== undefined) return own;
  if (field === "metadata" && ref?.endsWith(".ObjectMeta")) return metadata;
  return Object.hasOwn(common, field) ? common[field] : undefined;
}

/** Every type and field described, for the test that holds them against the table. */
export function described(): { type: string; field: string }[] {
  const all = (prefix: string, texts: Descriptions): { type: string; field: string }[] =>
    Object.entries(texts).flatMap(([type, fields]) => Object.keys(fields).map((field) => ({ type: `${prefix}${type}`, field })));
  return [...all(apiPrefix, text), ...all(metaPrefix, meta)];
}
