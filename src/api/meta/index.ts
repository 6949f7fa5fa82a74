// The door of api/meta.
// Invariant: only re-exports.
// Called by: api/index.ts.

export { ApiError } from "./errors.ts";
export { at, type FieldError, type FieldErrorType, fieldError, joinFieldErrors } from "./fielderrors.ts";
export { byteLength, compareBytes, goJson, goValue } from "./gotext.ts";
export { type ConditionLike, findCondition, isConditionTrue, withCondition } from "./conditions.ts";
export { age, humanDuration } from "./duration.ts";
export { type FieldRequirement, type FieldSelector, parseFieldSelector } from "./fields.ts";
export { scaledValue } from "./intstr.ts";
export { ipv4Number, ipv4Range, ipv4Text } from "./ipv4.ts";
export type { LabelOperator, LabelRequirement } from "./labelparser.ts";
export {
  everything,
  formatLabelSelector,
  nothing,
  parseLabelSelector,
  type Selector,
  selectorFromLabelSelector,
  selectorFromMap,
} from "./labels.ts";
export {
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvName,
  isHttpHeaderName,
  isLabelValue,
  isPathSegment,
  isPercent,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isWildcardSubdomain,
  maskTrailingDash,
} from "./names.ts";
export { type NodeFacts, nodeTermHolds, requiredNodeHolds, tolerates, toleratesAll } from "./nodematch.ts";
export { Quantity, QuantityError } from "./quantity.ts";
