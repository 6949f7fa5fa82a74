// The event recorder: tells people what a component did to an object, as core/v1 Events that `kubectl describe` shows.
// Invariant: best effort and bounded: it never makes its caller wait or fail, and one noisy object cannot flood the cluster.
// Events are in less of a hurry than what they tell of: all recorders of a process share few slots, so that a crowd of them waits here.
// Called by: control loops, scheduler, kubelet. Next on the way: correlate.ts decides what becomes of an event.

import { ApiError, type Event, type ObjectReference } from "#api";
import { BoundedQueue, type Clock, type Log, type Slots } from "#lib";
import { type Correlated, Correlator, type Occurrence } from "./correlate.ts";
import type { AnyObject, WriteContext } from "./objects.ts";
import type { Client, ResourceClient } from "./typed.ts";

export type EventType = "Normal" | "Warning";

export interface Recorder {
  event(about: AnyObject | ObjectReference, type: EventType, reason: string, message: string, context?: WriteContext): void;
  close(): void;
}

export interface RecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** `deployment-controller`, `kubelet` … */
  readonly component: string;
  /** The node's name, for components that live on one. */
  readonly host?: string;
  /** How many are written at a time, this recorder's and others'. Absent: one after the other. */
  readonly slots?: Slots;
}

/** As many pods as start at once in a large cluster, some events each. */
const queueLimit = 10_000;

/** The reference by which an event names its object. */
export function referenceTo(object: AnyObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    apiVersion: object.apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

export function createRecorder(options: RecorderOptions): Recorder {
  const queue = new BoundedQueue<Occurrence>(queueLimit);
  const correlator = new Correlator(options.clock);
  const events = options.client.resource<Event>("events");
  void pump(queue, correlator, events, options);
  return {
    event(about, type, reason, message, context) {
      const involved = "metadata" in about ? referenceTo(about) : about;
      const { component, host } = options;
      const occurrence: Occurrence = {
        involved,
        type,
        reason,
        message,
        component,
        atMs: options.clock.nowMs(),
        ...(host === undefined ? {} : { host }),
        ...(context ? { context } : {}),
      };
      if (!queue.push(occurrence)) options.log.debug("an event was dropped: the recorder's queue is full", { reason, message });
    },
    close: () => queue.end(),
  };
}

async function pump(
  queue: BoundedQueue<Occurrence>,
  correlator: Correlator,
  events: ResourceClient<Event>,
  options: RecorderOptions,
): Promise<void> {
  for await (const occurrence of queue) {
    const correlated = correlator.correlate(occurrence);
    if (!correlated) continue;
    try {
      const write = (): Promise<unknown> => send(events, correlated, occurrence.context);
      await (options.slots ? options.slots(write) : write());
    } catch (error) {
      // Upstream tries twelve times; an event is worth less than the load that makes it fail.
      options.log.debug("an event could not be written", { reason: occurrence.reason, error });
    }
  }
}

/** Nobody reads the answer: its name is ours. */
async function send(events: ResourceClient<Event>, { event, patch }: Correlated, context: WriteContext | undefined): Promise<void> {
  const { namespace, name } = event.metadata;
  if (patch) {
    try {
      return await events.patch(namespace, name!, "strategic", patch, context).then(() => undefined);
    } catch (error) {
      // The event has expired meanwhile: it is told as a new one.
      if (!(error instanceof ApiError) || error.status.code !== 404) throw error;
    }
  }
  await events.createUnread(event, context);
}
