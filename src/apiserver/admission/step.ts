// What an admission step is: the last word on a write, after authorization and defaults, before it is stored.
// Invariant: mutating steps run before validation, validating ones after it; a step refuses by throwing ApiError and stores nothing itself.
// Implemented by: the other files here, listed in index.ts. Called by: registry/create.ts, update.ts, delete.ts.

import type { ApiObject, ResourceInfo } from "#api";
import type { ObjectReader, UserInfo } from "../stages.ts";

export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly resource: ResourceInfo;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty while a name is still to be generated. */
  readonly name: string;
  /** What is to be written; undefined for DELETE. A mutating step changes it in place. */
  readonly object: ApiObject | undefined;
  /** What is stored; undefined for CREATE. */
  readonly old: ApiObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly reader: ObjectReader;
}

export interface AdmissionStep {
  readonly name: string;
  /** It is only about whole objects of these kinds, never about subresources; without, about everything. */
  readonly kinds?: readonly string[];
  mutate?(request: AdmissionRequest): Promise<void>;
  validate?(request: AdmissionRequest): Promise<void>;
}

export async function runMutating(steps: readonly AdmissionStep[], request: AdmissionRequest): Promise<void> {
  for (const step of steps) if (step.mutate && isAbout(step, request)) await step.mutate(request);
}

export async function runValidating(steps: readonly AdmissionStep[], request: AdmissionRequest): Promise<void> {
  for (const step of steps) if (step.validate && isAbout(step, request)) await step.validate(request);
}

function isAbout({ kinds }: AdmissionStep, { resource, subresource }: AdmissionRequest): boolean {
  return kinds === undefined || (subresource === "" && kinds.includes(resource.kind));
}
