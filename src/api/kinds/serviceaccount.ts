// ServiceAccounts and Leases: small kinds with little to say.
// Invariant: an account's name is a DNS name because tokens carry it; a lease's numbers are positive.
// Called by: kinds/index.ts. Next on the way: apiserver/authn for tokens, client's leader election for leases.

import type { Lease, ServiceAccount } from "../machinery/types.gen.ts";
import { age } from "../meta/duration.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { ageColumn, column, nameColumn } from "./columns.ts";
import { as } from "./common.ts";
import type { KindRules } from "./rules.ts";

export const serviceAccount: KindRules = {
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  nameRule: "dns1123-subdomain",
  // The controller of tokens alone fills `secrets`; a writer may name some.
  prepareForCreate: (object) => {
    const account = as<ServiceAccount>(object);
    if (account.secrets?.length === 0) delete account.secrets;
  },
  allowUnconditionalUpdate: true,
  columns: [nameColumn, ageColumn],
  row: (object, nowMs) => ({ cells: [object.metadata.name ?? "", age(object.metadata.creationTimestamp, nowMs)] }),
};

function validateLease({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const duration = spec?.leaseDurationSeconds;
  const transitions = spec?.leaseTransitions;
  if (duration !== undefined && duration <= 0)
    errors.push(fieldError.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"));
  if (transitions !== undefined && transitions < 0) {
    errors.push(fieldError.invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
  }
  return errors;
}

export const lease: KindRules = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  nameRule: "dns1123-subdomain",
  validate: (object) => validateLease(as<Lease>(object)),
  validateUpdate: (object) => validateLease(as<Lease>(object)),
  allowCreateOnUpdate: true,
  columns: [nameColumn, column("Holder", "Who holds the lease."), ageColumn],
  row: (object, nowMs) => ({
    cells: [object.metadata.name ?? "", as<Lease>(object).spec?.holderIdentity ?? "", age(object.metadata.creationTimestamp, nowMs)],
  }),
};
