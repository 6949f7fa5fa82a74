// gRPC's own health call (grpc.health.v1), which load balancers and probes ask: two messages of one field each.
// Invariant: the whole server is the one service it knows, as etcd's; it serves as long as the store has not failed.
// Called by: face.ts. Next on the way: http.ts, the same over plain HTTP.

import { type GrpcMethod, GrpcError } from "#wire";
import type { Etcd } from "./etcd.ts";

export const healthPath = "/grpc.health.v1.Health/Check";

const serving = Buffer.from([0x08, 1]);
const notServing = Buffer.from([0x08, 2]);

export const healthMethod = ({ store }: Etcd): GrpcMethod => ({
  form: "unary",
  async call(request) {
    // Field 1 is the service's name; empty, it is the server.
    if (request.length > 2) throw new GrpcError("NOT_FOUND", "unknown service");
    return store.failure ? notServing : serving;
  },
});
