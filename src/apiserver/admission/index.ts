// The list of admission steps, in the order they run.
// Invariant: one step a file and one word here; webhooks are not in it yet.
// Called by: apiserver/index.ts. Next on the way: step.ts.

import type { Clock, Prng } from "#lib";
import type { Store } from "#store";
import type { AuthorizerParts } from "../authz/authorizer.ts";
import { nodeRestriction, rbacEscalation } from "./authorization.ts";
import { certificateRequester } from "./certificates.ts";
import { defaultTolerations } from "./defaultTolerations.ts";
import { limitRanger } from "./limitRanger.ts";
import { namespaceLifecycle } from "./namespaceLifecycle.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./resourceQuota.ts";
import { runtimeClass } from "./runtimeClass.ts";
import { serviceAccount } from "./serviceAccount.ts";
import type { AdmissionStep } from "./step.ts";
import { defaultIngressClass, defaultStorageClass } from "./storage.ts";
import { storageProtection } from "./storageProtection.ts";
import { taintNodesByCondition } from "./taintNodes.ts";

export interface AdmissionParts {
  readonly prng: Prng;
  readonly clock: Clock;
  readonly store: Store;
  readonly authorizer: AuthorizerParts;
}

export function admissionSteps({ prng, clock, store, authorizer }: AdmissionParts): AdmissionStep[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount(prng),
    nodeRestriction,
    taintNodesByCondition,
    priority,
    defaultTolerations,
    defaultStorageClass,
    storageProtection,
    runtimeClass,
    certificateRequester,
    defaultIngressClass,
    rbacEscalation(authorizer),
    resourceQuota(store, clock),
  ];
}
