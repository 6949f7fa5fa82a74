// The door of api/apply.
// Invariant: only re-exports.
// Called by: api/index.ts.

export { type Applied, applyConfiguration, type ApplyInput } from "./applyconfig.ts";
export { plainOf } from "./document.ts";
export { trackUpdate, type View as OwnershipView, type Write as OwnershipWrite } from "./track.ts";
export { sameOwners } from "./managers.ts";
export { ownersFromScale, ownersOfScale } from "./scale.ts";
