// The door of client/: the only way to the cluster for everything that is not the API server itself.
// Invariant: only re-exports.
// Called by: controllers, scheduler, kubelet, cli, and the API server for its calls out.

export { Backoff, type BackoffOptions } from "./backoff.ts";
export { type HttpsTransport, type HttpsTransportOptions, httpsTransport, TransportError } from "./https.ts";
export { deepFreeze, Indexer, type IndexFunction, type Lister } from "./indexer.ts";
export { type Informer, informer, type InformerHandlers, type InformerOptions } from "./informer.ts";
export { type LeaderElection, type LeaderOptions, runLeaderElection } from "./leader.ts";
export { jsonLines, type ParseLine, sharedLines } from "./lines.ts";
export {
  type AnyObject,
  keyOf,
  type ListOf,
  type Live,
  type LiveMeta,
  type New,
  splitKey,
  type WatchEvent,
  type WatchEventType,
  type WriteContext,
} from "./objects.ts";
export { controllerOf, controllerReference, isControlledBy } from "./owners.ts";
export { createRecorder, type EventType, type Recorder, type RecorderOptions, referenceTo } from "./recorder.ts";
export { createFakeApi, type FakeApi } from "./testing/fakeapi.ts";
export type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
export {
  type Client,
  type ClientOptions,
  createClient,
  type ListOptions,
  type PatchOptions,
  type PatchType,
  type ResourceClient,
  resourceNamed,
  resourcePath,
  type WatchOptions,
} from "./typed.ts";
export { WorkQueue, type WorkQueueOptions } from "./workqueue.ts";
