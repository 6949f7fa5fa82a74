// Events of the runtime as one endless sequence: GetContainerEvents where it exists, else containerd's own event service.
// Invariant: after every (re)connection the handler gets one `resync`, and from that moment no event is missed until the next `resync`.
// Called by: client.ts. Next on the way: the kubelet's pod workers. There is no relist loop.

import type { Clock, Timer } from "#lib";
import type { CriEvent, CriEventHandlers, Subscription } from "../contract.ts";
import type { Channel, Fields } from "./channel.ts";

const namespace = "k8s.io";
const events = "containerd.services.events.v1.Events";
const markerTopic = "/dhow/subscribed";
const backoffMs = { first: 100, most: 5000 } as const;
/** A marker that has not come back by then is published again; the first may be early, before the server has registered us. */
const markerMs = { first: 20, most: 1000 } as const;
/** How long a runtime gets to refuse GetContainerEvents. */
const refusalMs = 500;

const kinds: Readonly<Record<string, CriEvent["kind"]>> = {
  CONTAINER_CREATED_EVENT: "created",
  CONTAINER_STARTED_EVENT: "started",
  CONTAINER_STOPPED_EVENT: "stopped",
  CONTAINER_DELETED_EVENT: "deleted",
};

/** A message of GetContainerEvents. Its exit code stands in the statuses that travel along. */
export function fromContainerEvent(message: Fields): CriEvent | undefined {
  const containerId = String(message["containerId"]);
  const kind = kinds[String(message["containerEventType"])];
  if (kind === undefined || kind === "resync" || kind === "execStopped") return undefined;
  if (kind !== "stopped") return { kind, containerId };
  const statuses = (message["containersStatuses"] ?? []) as readonly { id: string; exitCode: number }[];
  return { kind, containerId, exitCode: statuses.find((status) => status.id === containerId)?.exitCode ?? 0 };
}

/** An envelope of containerd's event service; `decode` opens the inner message. */
export function fromEnvelope(envelope: Fields, decode: (type: string, bytes: Uint8Array) => Fields): CriEvent | undefined {
  const event = envelope["event"] as { value: Uint8Array } | null;
  if (!event || envelope["namespace"] !== namespace) return undefined;
  const inner = (name: string): Fields => decode(`containerd.events.${name}`, event.value);
  switch (envelope["topic"]) {
    case "/tasks/start":
      return { kind: "started", containerId: String(inner("TaskStart")["containerId"]) };
    case "/tasks/exit": {
      const exit = inner("TaskExit");
      const containerId = String(exit["containerId"]);
      // An exec's end carries its own id beside the container's: the container lives on.
      if (exit["id"] !== exit["containerId"]) return { kind: "execStopped", containerId, execId: String(exit["id"]) };
      return { kind: "stopped", containerId, exitCode: Number(exit["exitStatus"]) };
    }
    case "/tasks/oom":
      return { kind: "oom", containerId: String(inner("TaskOOM")["containerId"]) };
    case "/containers/create":
      return { kind: "created", containerId: String(inner("ContainerCreate")["id"]) };
    case "/containers/delete":
      return { kind: "deleted", containerId: String(inner("ContainerDelete")["id"]) };
    default:
      return undefined;
  }
}

export function subscribe(channel: Channel, clock: Clock, handlers: CriEventHandlers): Subscription {
  let closed = false;
  let standard = true;
  let waitMs: number = backoffMs.first;
  let timer: Timer | undefined;
  let marker: Timer | undefined;
  let running: { cancel(): void } | undefined;

  const live = (): void => {
    if (closed) return;
    waitMs = backoffMs.first;
    handlers.event({ kind: "resync" });
  };
  const later = (): void => {
    if (closed) return;
    timer = clock.after(waitMs, connect);
    waitMs = Math.min(waitMs * 2, backoffMs.most);
  };

  const connectStandard = (): void => {
    let seen = false;
    running = channel.stream(
      "runtime.v1.RuntimeService",
      "GetContainerEvents",
      {},
      {
        message(message) {
          seen = true;
          const event = fromContainerEvent(message);
          if (event) handlers.event(event);
        },
        end(error) {
          settled.cancel();
          if (closed) return;
          if (!seen && error?.code === "UNIMPLEMENTED") {
            standard = false;
            connect();
          } else later();
        },
      },
    );
    // CRI has no way to learn that the server has registered us; whoever refuses does it well within this time.
    const settled = clock.after(refusalMs, live);
  };

  const connectContainerd = (): void => {
    let subscribed = false;
    let againMs: number = markerMs.first;
    const mark = (): void => {
      if (subscribed || closed) return;
      marker = clock.after(againMs, mark);
      againMs = Math.min(againMs * 2, markerMs.most);
      const event = { typeUrl: "dhow.local/Subscribed", value: new Uint8Array() };
      const options = { timeoutMs: 10_000, metadata: { "containerd-namespace": namespace } };
      channel.unary(events, "Publish", { topic: markerTopic, event }, options).catch(() => undefined); // the stream's own end tells the same
    };
    const filters = [`namespace==${namespace},topic~="^/(tasks|containers|dhow)/"`];
    running = channel.stream(
      events,
      "Subscribe",
      { filters },
      {
        message(envelope) {
          if (envelope["topic"] === markerTopic) {
            if (!subscribed) {
              subscribed = true;
              marker?.cancel();
              live();
            }
            return;
          }
          const event = subscribed ? fromEnvelope(envelope, (type, bytes) => channel.decode(type, bytes)) : undefined;
          if (event) handlers.event(event);
        },
        end() {
          marker?.cancel();
          subscribed = true;
          later();
        },
      },
    );
    mark();
  };

  function connect(): void {
    if (closed) return;
    if (standard) connectStandard();
    else connectContainerd();
  }

  connect();
  return {
    close() {
      closed = true;
      timer?.cancel();
      marker?.cancel();
      running?.cancel();
    },
  };
}
