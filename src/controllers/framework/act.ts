// Carries a plan's actions out through the client: one write at a time, or a batch at once, each with its own span.
// Invariant: every write carries the causes that woke the loop, and is told to `wrote` so that its effect is awaited before the next plan.
// Called by: loop.ts. Next on the way: freshness.ts, which awaits those effects.

import { ApiError } from "#api";
import { type AnyObject, type Client, keyOf, type Live, type Recorder, type WriteContext } from "#client";
import { type Clock, newSpanContext, type Prng, slots, type SpanContext, type SpanSink } from "#lib";
import { type Action, type BatchAction, type ConfirmAction, describe, type EventAction } from "./plan.ts";

export interface ActContext {
  readonly client: Client;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly spans: SpanSink;
  readonly component: string;
  /** The reconcile's own span: every write is its child. */
  readonly span: SpanContext;
  readonly causes: readonly number[];
  /** A write succeeded: its object as stored, or the key and uid that are to vanish. */
  wrote(resource: string, stored: Live<AnyObject>): void;
  removed(resource: string, key: string, uid: string): void;
}

type WriteAction = Exclude<Action, BatchAction | EventAction | ConfirmAction>;

/** Carries one action out; rejects with the ApiError (or the transport's error) of its failure. */
export async function act(action: Action, context: ActContext): Promise<void> {
  if (action.verb === "batch") return batch(action, context);
  if (action.verb === "confirm") return confirm(action, context);
  if (action.verb !== "event") return write(action, context);
  context.recorder.event(action.about, action.type, action.reason, action.message, writeContext(context, context.span));
}

function writeContext({ causes }: ActContext, span: SpanContext): WriteContext {
  return { span, causes };
}

async function confirm({ resource, target }: ConfirmAction, { client }: ActContext): Promise<void> {
  const live = await client.resource(resource).get(target.namespace, target.name);
  const info = client.resource(resource).info;
  if (live.metadata.uid !== target.uid) throw ApiError.notFound(info, target.name);
  if (live.metadata.deletionTimestamp !== undefined)
    throw ApiError.conflict(info, target.name, `${target.name} has just been deleted at ${live.metadata.deletionTimestamp}`);
}

const batchInFlight = 32;

/** Slow start: a namespace without quota left, say, costs one refused create and not five hundred. */
async function batch({ actions, slowStart }: BatchAction, context: ActContext): Promise<void> {
  let size = slowStart ? 1 : actions.length;
  for (let done = 0; done < actions.length; size = Math.min(size * 2, actions.length - done)) {
    const part = actions.slice(done, done + size);
    // All of them at once would hold the event loop while five hundred requests are made.
    const take = slots(batchInFlight);
    const results = await Promise.allSettled(part.map((action) => take(() => act(action, context))));
    const failure = results.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
    done += part.length;
  }
}

async function write(action: WriteAction, context: ActContext): Promise<void> {
  const { clock, spans, component, recorder, span: parent } = context;
  const span = newSpanContext(context.prng, parent);
  const startMs = clock.nowMs();
  let outcome = "done";
  try {
    const stored = await send(action, context, writeContext(context, span));
    const told = action.tell?.succeeded?.(stored);
    if (told && action.tell) recorder.event(action.tell.about, told.type, told.reason, told.message, writeContext(context, span));
  } catch (error) {
    outcome = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ApiError)) throw error;
    if (action.tolerates?.(error) === true) return;
    const told = action.tell?.failed?.(error);
    if (told && action.tell) recorder.event(action.tell.about, told.type, told.reason, told.message, writeContext(context, span));
    throw error;
  } finally {
    const attributes = { action: describe(action), outcome };
    spans.record({
      ...span,
      parentSpanId: parent.spanId,
      name: `${action.verb} ${action.resource}`,
      component,
      startMs,
      endMs: clock.nowMs(),
      attributes,
    });
  }
}

async function send(action: WriteAction, context: ActContext, why: WriteContext): Promise<Live<AnyObject> | undefined> {
  const resource = context.client.resource(action.resource);
  switch (action.verb) {
    case "create":
      return keep(action.resource, await resource.create(action.object, why), context);
    case "update":
      if (action.subresource === "status") return keep(action.resource, await resource.updateStatus(action.object, why), context);
      if (action.subresource === undefined) return keep(action.resource, await resource.update(action.object, why), context);
      await resource.subresource(
        "PUT",
        action.object.metadata.namespace,
        action.object.metadata.name,
        action.subresource,
        action.object,
        why,
      );
      return undefined;
    case "patch":
      return keep(
        action.resource,
        await resource.patch(
          action.target.namespace,
          action.target.name,
          action.type,
          action.patch,
          why,
          action.subresource ? { subresource: action.subresource } : {},
        ),
        context,
      );
    case "delete": {
      const { namespace, name, uid } = action.target;
      const preconditions = uid === undefined ? {} : { preconditions: { uid } };
      await resource.delete(namespace, name, { ...preconditions, ...action.options }, why);
      if (uid !== undefined)
        context.removed(action.resource, keyOf({ metadata: { name, ...(namespace === undefined ? {} : { namespace }) } }), uid);
      return undefined;
    }
    case "deletecollection":
      await resource.deleteCollection(action.namespace, {}, action.options, why);
      return undefined;
  }
}

function keep(resource: string, stored: Live<AnyObject>, context: ActContext): Live<AnyObject> {
  context.wrote(resource, stored);
  return stored;
}
