// A BootstrapWriter over a request handler: the smallest client there is, for the API server's own first objects.
// Invariant: every call is an ordinary request with ordinary bytes; nothing here knows the store.
// Called by: createApiServer, with the handler of its own identity.   Next on the way: the pipeline.

import { ApiError, type ApiObject, type ResourceInfo, type Status } from "#api";
import { userAgent } from "#config";
import { type HttpHandler, readAll } from "#wire";
import type { BootstrapWriter } from "./ensure.ts";

/** Upstream's first objects belong to kube-apiserver, and so do ours. */
const agent = userAgent("kube-apiserver");
const answerLimitBytes = 64 * 1024 * 1024;

export function handlerWriter(handler: HttpHandler, signal: AbortSignal): BootstrapWriter {
  const call = async (method: string, target: string, object?: ApiObject): Promise<unknown> => {
    const body = object === undefined ? [] : [Buffer.from(JSON.stringify(object))];
    const headers = { accept: "application/json", "content-type": "application/json", "user-agent": agent };
    const peer = { address: "in process" };
    const response = await handler({ method, target, headers, body: stream(body), peer, signal });
    const answer: unknown = JSON.parse((await readAll(response.body, answerLimitBytes)).toString());
    if (response.status >= 400) throw new ApiError(answer as Status);
    return answer;
  };
  return {
    list: async (info) => ((await call("GET", pathOf(info))) as { items?: ApiObject[] | null }).items ?? [],
    create: async (info, object) => void (await call("POST", pathOf(info, object.metadata.namespace), object)),
    update: async (info, object) =>
      void (await call("PUT", nameOf(info, object), { ...object, kind: info.kind, apiVersion: groupVersion(info) })),
    remove: async (info, object) => void (await call("DELETE", nameOf(info, object))),
  };
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const groupVersion = ({ group, version }: ResourceInfo): string => (group === "" ? version : `${group}/${version}`);

function pathOf(info: ResourceInfo, namespace?: string): string {
  const root = info.group === "" ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  return namespace === undefined ? `${root}/${info.resource}` : `${root}/namespaces/${namespace}/${info.resource}`;
}

const nameOf = (info: ResourceInfo, { metadata }: ApiObject): string =>
  `${pathOf(info, metadata.namespace)}/${encodeURIComponent(metadata.name ?? "")}`;
