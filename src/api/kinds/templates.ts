// What Deployments, ReplicaSets, StatefulSets and DaemonSets ask of their selector and template together.
// Invariant: the selector matches the template's labels, or the controller would never find its own pods.
// Called by: deploymentvalidation.ts, replicasetvalidation.ts, moreworkloads.ts. Next on the way: podspec/validation.ts.

import type { LabelSelector, PodTemplateSpec } from "../machinery/types.gen.ts";
import { type FieldError, fieldError } from "../meta/fielderrors.ts";
import { goJson } from "../meta/gotext.ts";
import { selectorFromLabelSelector } from "../meta/labels.ts";
import { canSelect, validateLabelSelector } from "./checks.ts";
import { validatePodTemplate } from "./podspec/validation.ts";

function isEmpty(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}

/** `kindWord` stands in upstream's sentence about empty selectors. */
export function validateSelector(selector: LabelSelector | undefined, kindWord: string): FieldError[] {
  if (!selector) return [fieldError.required("spec.selector")];
  const errors = validateLabelSelector("spec.selector", selector);
  if (isEmpty(selector)) errors.push(fieldError.invalid("spec.selector", selector, `empty selector is invalid for ${kindWord}`));
  return errors;
}

/** `kindWord` stands in upstream's sentence about deadlines. */
export function validateOwnedTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  kindWord: string,
): FieldError[] {
  if (!canSelect(selector)) return [fieldError.invalid("spec.selector", selector, "invalid label selector")];
  const errors: FieldError[] = [];
  const labels = template?.metadata?.labels;
  const asked = selectorFromLabelSelector(selector);
  // A missing selector selects nothing, so it matches no template either.
  if (!asked.empty && !asked.matches(labels)) {
    errors.push(fieldError.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`"));
  }
  errors.push(...validatePodTemplate(template, "spec.template"));
  const spec = template?.spec;
  if (spec?.restartPolicy !== "Always")
    errors.push(fieldError.notSupported("spec.template.spec.restartPolicy", spec?.restartPolicy ?? "", ["Always"]));
  if (spec?.activeDeadlineSeconds !== undefined) {
    errors.push(fieldError.forbidden("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${kindWord} is not Supported`));
  }
  return errors;
}

export function immutableSelector(now: LabelSelector | undefined, old: LabelSelector | undefined): FieldError[] {
  const form = (selector: LabelSelector | undefined): string => goJson(selector ? selectorFromLabelSelector(selector).toString() : null);
  return canSelect(now) && form(now) === form(old) ? [] : [fieldError.invalid("spec.selector", now ?? null, "field is immutable")];
}
