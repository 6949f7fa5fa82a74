// Nothing is created in a namespace that is not there or on its way out, and nothing changed in one that is not there;
//   the namespaces everything rests on stay.
// Invariant: a namespace that was created a moment ago counts (the reader waits for what it has not seen).
// Called by: admission/step.ts, first of all steps. Next on the way: serviceAccount.ts.

import { ApiError } from "#api";
import type { AdmissionStep } from "./step.ts";

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

export const namespaceLifecycle: AdmissionStep = {
  name: "NamespaceLifecycle",

  async mutate({ operation, resource, namespace, name, object, reader }) {
    if (operation === "DELETE" || !resource.namespaced) return;
    const missing = (): ApiError => ApiError.notFound({ group: "", resource: "namespaces" }, namespace);
    if (operation === "UPDATE") {
      if (!(await reader.has("", "namespaces", "", namespace))) throw missing();
      return;
    }
    const found = await reader.get("", "namespaces", "", namespace);
    if (!found) throw missing();
    if (found.metadata.deletionTimestamp === undefined) return;
    const subject = { group: resource.group, resource: resource.resource };
    const shown = name || (object?.metadata.generateName ?? "");
    const text = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const { status } = ApiError.forbidden(subject, shown, text);
    const message = `namespace ${namespace} is being terminated`;
    const causes = [{ reason: "NamespaceTerminating", message, field: "metadata.namespace" }];
    throw new ApiError({ ...status, details: { ...status.details, causes } });
  },

  async validate({ operation, resource, name }) {
    if (operation !== "DELETE" || resource.group !== "" || resource.kind !== "Namespace" || !immortal.has(name)) return;
    throw ApiError.forbidden({ group: "", resource: "namespaces" }, name, "this namespace may not be deleted");
  },
};
