// The rollback that old clients ask for by an annotation; today's kubectl patches the template itself.
// Invariant: whatever comes of it, the annotation is gone afterwards, so that it is asked for only once.
// Called by: plan.ts.

import type { AnyObject, Live } from "#client";
import { own } from "#lib";
import { annotateRolledBack, revisionOf, rollbackAnnotation } from "./annotations.ts";
import type { Draft } from "./draft.ts";
import { hashLabel, sameTemplate } from "./template.ts";

/** The revision that is asked for; 0 means the one before the newest. */
export function rollbackTo(draft: Draft): number | undefined {
  const text = own(draft.deployment.metadata.annotations, rollbackAnnotation);
  return text !== undefined && /^-?[0-9]+$/.test(text) ? Number(text) : undefined;
}

export function rollBack(draft: Draft, asked: number): void {
  const { deployment } = draft;
  const revisions = draft.sets.map((set) => revisionOf(set.copy)).sort((a, b) => b - a);
  const revision = asked === 0 ? (revisions[1] ?? 0) : asked;
  const set = revision === 0 ? undefined : draft.sets.find((one) => revisionOf(one.copy) === revision);
  const event = (type: "Normal" | "Warning", reason: string, message: string): void =>
    void draft.actions.push({ verb: "event", about: deployment, type, reason, message });
  if (!set)
    event(
      "Warning",
      "DeploymentRollbackRevisionNotFound",
      revision === 0 ? "Unable to find last revision." : "Unable to find the revision to rollback to.",
    );
  else if (sameTemplate(set.copy.spec?.template, deployment.spec?.template)) {
    event(
      "Warning",
      "DeploymentRollbackTemplateUnchanged",
      `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`,
    );
  } else {
    const template = structuredClone(set.copy.spec!.template!);
    delete template.metadata?.labels?.[hashLabel];
    deployment.spec!.template = template;
    annotateRolledBack(deployment, set.copy);
    event("Normal", "DeploymentRollback", `Rolled back deployment "${deployment.metadata.name}" to revision ${revision}`);
  }
  delete deployment.metadata.annotations?.[rollbackAnnotation];
  draft.actions.push({ verb: "update", resource: "deployments.apps", object: deployment as Live<AnyObject> });
  draft.say(`a rollback to revision ${asked} was asked for`);
}
