// The door of api/machinery.
// Invariant: only re-exports.
// Called by: api/index.ts.

export * from "./codec/index.ts";
export { type FieldInfo, fieldsOf, findType, type Shape, type TypeInfo, typeNames, typeOfKind } from "./facts.ts";
export { type ApiObject, type GroupVersion, joinApiVersion, splitApiVersion } from "./object.ts";
export { RawJson } from "./raw.ts";
export {
  findKind,
  findResource,
  groupVersions,
  type ResourceInfo,
  resources,
  type ServedGroupVersion,
  type SubresourceInfo,
} from "./resources.ts";
export type * from "./types.gen.ts";
