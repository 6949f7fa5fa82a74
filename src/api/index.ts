// The door of api/: the Kubernetes API as data (facts), its codecs, its rules per kind, its patches and tables.
// Invariant: pure; no clock, no I/O. Everything above (client, apiserver, controllers, kubelet) speaks in these terms.

export * from "./apply/index.ts";
export * from "./kinds/index.ts";
export { warningsOf } from "./kinds/warnings/index.ts";
export * from "./machinery/index.ts";
export * from "./meta/index.ts";
export * from "./openapi/index.ts";
export * from "./patch/index.ts";
export * from "./printing/index.ts";
export * from "./quota/index.ts";
