// The form of descriptions, and words that many types share.
// Invariant: type name → field name → one or two plain sentences; under the empty name, what the type itself is.
// Called by: the files beside this one.   Next on the way: index.ts.

export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The fields that every list of conditions has. */
export const condition = {
  "": "One thing that holds or does not hold at the moment.",
  type: "What it is about.",
  status: "True, False or Unknown.",
  lastTransitionTime: "When status last changed.",
  reason: "In one word, why.",
  message: "In a sentence, why.",
} as const;

/** The numbers that whoever keeps pods tells. */
export const stateful = {
  replicas: "How many pods there are.",
  readyReplicas: "How many pods are ready.",
  availableReplicas: "How many pods have been ready for minReadySeconds.",
  observedGeneration: "The generation of the spec that this status is about.",
} as const;
