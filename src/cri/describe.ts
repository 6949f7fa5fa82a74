// What somebody else's runtime says of itself: version, conditions, and the image it wants for every sandbox.
// Invariant: asks only; what a runtime does not tell (its verbose info is its own business) is undefined.
// Called by: cli/'s preflight and `image load --sandbox` for a runtime given by --cri. Next on the way: grpc/channel.ts.

import type { Clock } from "#lib";
import type { RuntimeCondition, RuntimeVersion } from "./messages.ts";

export interface RuntimeDescription {
  readonly version: RuntimeVersion;
  readonly conditions: readonly RuntimeCondition[];
  readonly sandboxImage: string | undefined;
  readonly sandboxImagePresent: boolean | undefined;
  readonly snapshotter: string | undefined;
}

const boundMs = 3000;

/** containerd puts its configuration as JSON under `config`. */
export function sandboxSettings(info: Readonly<Record<string, string>> | undefined): {
  image: string | undefined;
  snapshotter: string | undefined;
} {
  try {
    const config = JSON.parse(info?.["config"] ?? "{}") as { sandboxImage?: unknown; containerd?: { snapshotter?: unknown } };
    const snapshotter = config.containerd?.snapshotter;
    return {
      image: typeof config.sandboxImage === "string" ? config.sandboxImage : undefined,
      snapshotter: typeof snapshotter === "string" ? snapshotter : undefined,
    };
  } catch {
    return { image: undefined, snapshotter: undefined };
  }
}

export async function describeRuntime(socketPath: string, clock: Clock): Promise<RuntimeDescription> {
  const { Channel } = await import("./grpc/channel.ts");
  const channel = new Channel(socketPath, clock);
  try {
    const ask = (name: string, fields: object): Promise<Record<string, unknown>> =>
      channel.unary("runtime.v1.RuntimeService", name, fields, { timeoutMs: boundMs });
    const version = (await ask("Version", { version: "v1" })) as unknown as RuntimeVersion;
    const reply = await ask("Status", { verbose: true });
    const status = reply["status"] as { conditions?: readonly RuntimeCondition[] } | null;
    const { image, snapshotter } = sandboxSettings(reply["info"] as Record<string, string> | undefined);
    const found =
      image === undefined
        ? undefined
        : await channel.unary("runtime.v1.ImageService", "ImageStatus", { image: { image } }, { timeoutMs: boundMs });
    return {
      version,
      conditions: status?.conditions ?? [],
      sandboxImage: image,
      sandboxImagePresent: found === undefined ? undefined : found["image"] !== null && found["image"] !== undefined,
      snapshotter,
    };
  } finally {
    channel.close();
  }
}
