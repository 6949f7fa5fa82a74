// A failed call to the container runtime: which call, to whom, and what the runtime answered.
// Invariant: the message alone is enough for an operator; `code` is the gRPC status name and decides what the caller does.
// Thrown by: grpc/client.ts and simulated/. Next on the way: grpc/channel.ts.

export class CriError extends Error {
  override name = "CriError";
  readonly call: string;
  readonly target: string;
  /** As gRPC names it: NOT_FOUND, UNAVAILABLE, DEADLINE_EXCEEDED … */
  readonly code: string;
  /** The runtime's own words. */
  readonly detail: string;

  constructor(call: string, target: string, code: string, detail: string) {
    super(`CRI ${call} at ${target}: ${code}: ${detail}`);
    this.call = call;
    this.target = target;
    this.code = code;
    this.detail = detail;
  }

  /** The form upstream shows in Events and statuses: `rpc error: code = NotFound desc = …`. */
  get rpcText(): string {
    const name = this.code
      .split("_")
      .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
      .join("");
    return `rpc error: code = ${name} desc = ${this.detail}`;
  }
}

/** The runtime's own words alone, as upstream shows failures of containers. */
export function rpcDetail(error: unknown): string {
  return error instanceof CriError ? error.detail : rpcText(error);
}

/** The text of any failure as upstream words it. */
export function rpcText(error: unknown): string {
  if (error instanceof CriError) return error.rpcText;
  return error instanceof Error ? error.message : String(error);
}
