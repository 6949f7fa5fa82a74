// A request for a certificate says who made it: the server writes that down, whatever the request claims.
// Invariant: set on creation, and never again (the kind's rules keep the spec).
// Called by: admission/step.ts. Next on the way: api/kinds/certificates.ts.

import type { CertificateSigningRequest } from "#api";
import type { AdmissionStep } from "./step.ts";

export const certificateRequester: AdmissionStep = {
  name: "CertificateRequester",
  kinds: ["CertificateSigningRequest"],
  async mutate({ operation, resource, subresource, object, user }) {
    if (operation !== "CREATE" || resource.kind !== "CertificateSigningRequest" || subresource !== "" || !object) return;
    const spec = (object as unknown as CertificateSigningRequest).spec;
    if (!spec) return;
    delete spec.uid;
    delete spec.extra;
    spec.username = user.name;
    spec.groups = [...user.groups];
    if (user.uid) spec.uid = user.uid;
    if (user.extra && Object.keys(user.extra).length > 0) spec.extra = structuredClone(user.extra) as Record<string, string[]>;
  },
};
